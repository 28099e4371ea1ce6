import { describe, expect, test } from 'vitest'
import { nextCronTime, parseCron } from '../../../packages/functions-host/ncrontab.ts'

/** Up to `count` times after `after`, as ISO text. */
function times(expression: string, after: string, count = 1): string[] {
  const schedule = parseCron(expression)
  if (schedule === undefined) throw new Error(`refused: ${expression}`)
  const found: string[] = []
  let time = new Date(after)
  for (let index = 0; index < count; index++) {
    const next = nextCronTime(schedule, time)
    if (next === undefined) break
    found.push(next.toISOString().replace('.000Z', 'Z'))
    time = next
  }
  return found
}

describe('fields', () => {
  test('six fields have the seconds in front, five fire at second 0', () => {
    expect(times('30 5 * * * *', '2026-11-20T10:00:00Z')).toEqual(['2026-11-20T10:05:30Z'])
    expect(times('5 * * * *', '2026-11-20T10:00:00Z')).toEqual(['2026-11-20T10:05:00Z'])
  })

  test('the next time is after the given one, also in the middle of a second', () => {
    expect(times('* * * * * *', '2026-11-20T10:00:00.500Z')).toEqual(['2026-11-20T10:00:01Z'])
    expect(times('0 0 10 * * *', '2026-11-20T10:00:00Z')).toEqual(['2026-11-21T10:00:00Z'])
    expect(times('0 0 10 * * *', '2026-11-20T09:59:59.999Z')).toEqual(['2026-11-20T10:00:00Z'])
  })

  test('lists, ranges and steps', () => {
    expect(times('0 1,3,40-42 * * * *', '2026-11-20T10:02:00Z', 4)).toEqual([
      '2026-11-20T10:03:00Z',
      '2026-11-20T10:40:00Z',
      '2026-11-20T10:41:00Z',
      '2026-11-20T10:42:00Z',
    ])
    expect(times('*/20 * * * * *', '2026-11-20T10:00:59Z', 3)).toEqual([
      '2026-11-20T10:01:00Z',
      '2026-11-20T10:01:20Z',
      '2026-11-20T10:01:40Z',
    ])
    expect(times('0 10-20/5 * * * *', '2026-11-20T10:00:00Z', 4).at(-1)).toBe('2026-11-20T11:10:00Z')
  })

  test('a single value with a step runs to the end of the field', () => {
    expect(times('0 5/15 * * * *', '2026-11-20T10:00:00Z', 5)).toEqual([
      '2026-11-20T10:05:00Z',
      '2026-11-20T10:20:00Z',
      '2026-11-20T10:35:00Z',
      '2026-11-20T10:50:00Z',
      '2026-11-20T11:05:00Z',
    ])
  })

  test('a reversed range is swapped, not wrapped around', () => {
    expect(parseCron('0 0 22-2 * * *')?.hours).toEqual(
      Array.from({ length: 21 }, (_value, index) => index + 2),
    )
  })

  test('a step below one counts as one', () => {
    expect(parseCron('*/0 * * * * *')?.seconds).toHaveLength(60)
    expect(parseCron('*/-3 * * * * *')?.seconds).toHaveLength(60)
  })
})

describe('days', () => {
  test('day of month and day of week must both hold', () => {
    // 13 November 2026 is a Friday; the next Friday the 13th is in August 2027.
    expect(times('0 0 0 13 * 5', '2026-11-01T00:00:00Z', 2)).toEqual([
      '2026-11-13T00:00:00Z',
      '2027-08-13T00:00:00Z',
    ])
  })

  test('names by any beginning, in any case, and in full', () => {
    expect(parseCron('0 0 0 * JAN,feb,March,Ju Mon-Fri')).toMatchObject({
      months: [1, 2, 3, 6],
      weekdays: [1, 2, 3, 4, 5],
    })
    expect(parseCron('0 0 0 * * Monday')?.weekdays).toEqual([1])
    expect(parseCron('0 0 0 * * s')?.weekdays).toEqual([0])
    expect(parseCron('0 0 0 * M t')).toMatchObject({ months: [3], weekdays: [2] })
  })

  test('Sunday is 0 and there is no 7', () => {
    expect(times('0 0 0 * * 0', '2026-11-20T00:00:00Z')).toEqual(['2026-11-22T00:00:00Z'])
    expect(parseCron('0 0 0 * * 7')).toBeUndefined()
  })

  test('months without the day are passed over, leap days are found', () => {
    expect(times('0 0 0 31 * *', '2026-11-20T00:00:00Z', 3)).toEqual([
      '2026-12-31T00:00:00Z',
      '2027-01-31T00:00:00Z',
      '2027-03-31T00:00:00Z',
    ])
    expect(times('0 0 0 29 2 *', '2026-11-20T00:00:00Z')).toEqual(['2028-02-29T00:00:00Z'])
    expect(times('0 0 0 29 2 1', '2097-01-01T00:00:00Z')).toEqual(['2112-02-29T00:00:00Z'])
  })

  test('a date that does not exist never comes', () => {
    expect(times('0 0 0 30 2 *', '2026-11-20T00:00:00Z')).toEqual([])
  })

  test('the end of the year', () => {
    expect(times('59 59 23 31 12 *', '2026-12-31T23:59:59Z')).toEqual(['2027-12-31T23:59:59Z'])
    expect(times('* * * * * *', '2026-12-31T23:59:59Z')).toEqual(['2027-01-01T00:00:00Z'])
  })
})

describe('refused', () => {
  test.each([
    '',
    '* * * *',
    '* * * * * * *',
    '@daily',
    '0 0 0 L * *',
    '0 0 0 15W * *',
    '0 0 0 * * 5#2',
    '0 0 0 ? * *',
    '60 * * * * *',
    '* 60 * * * *',
    '* * 24 * * *',
    '0 0 0 0 * *',
    '0 0 0 32 * *',
    '0 0 0 * 13 *',
    '0 0 0 * 0 *',
    'a * * * * *',
    '1, * * * * *',
    ',1 * * * * *',
    '1- * * * * *',
    '-1 * * * * *',
    '*/x * * * * *',
    '1/2/3 * * * * *',
    '*-5 * * * * *',
    '5x * * * * *',
    '0 0 0 * Foo *',
  ])('"%s"', (expression) => {
    expect(parseCron(expression)).toBeUndefined()
  })
})
