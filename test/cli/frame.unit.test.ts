import { describe, expect, test } from 'vitest'
import { durationSeconds, integerOption, renderTable, UsageError } from '../../cli/frame/index.ts'
import { distance, nearest } from '../../cli/frame/nearest.ts'

describe('guessing the word that was meant', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
    ['flaw', 'lawn', 2],
  ])('%s and %s are %i changes apart', (from, to, changes) => {
    expect(distance(from, to)).toBe(changes)
    expect(distance(to, from)).toBe(changes)
  })

  test('a near word is guessed, a far one is not', () => {
    const known = ['analytics', 'start', 'status', 'stop']
    expect(nearest('sart', known)).toBe('start')
    expect(nearest('statsu', known)).toBe('status')
    expect(nearest('anal', known)).toBe('analytics')
    expect(nearest('xyzzy', known)).toBeUndefined()
    expect(nearest('', known)).toBeUndefined()
  })
})

describe('values of options', () => {
  test('durations are read with their units', () => {
    const read = ['90', '90s', '15m', '8h', '7d'].map((text) => durationSeconds(text, '--expires'))
    expect(read).toEqual([90, 90, 900, 28_800, 604_800])
  })

  test.each(['', '0', '-5', '1.5h', '10 m', '5w', 'soon', '9999999999'])('"%s" is no duration', (text) => {
    expect(() => durationSeconds(text, '--expires')).toThrow(UsageError)
  })

  test('whole numbers are held to their range', () => {
    const range = { min: 0, max: 65_535 }
    expect(integerOption('0', '--port', range)).toBe(0)
    expect(integerOption('65535', '--port', range)).toBe(65_535)
    for (const text of ['65536', '-1', '1e3', '0x10', ' 7', '', '7071.5']) {
      expect(() => integerOption(text, '--port', range)).toThrow(
        /--port takes a whole number from 0 to 65535/u,
      )
    }
  })
})

describe('tables', () => {
  test('columns are aligned, numbers to the right, objects as JSON, nothing for null', () => {
    const text = renderTable(
      ['name', 'count'],
      [
        ['a', 5],
        ['long name', 12_345],
      ],
    )
    expect(text).toBe('name       count\n---------  -----\na              5\nlong name  12345')
    expect(
      renderTable(['v'], [[{ a: 1 }], [null], [new Date(0)]])
        .split('\n')
        .slice(2),
    ).toEqual(['{"a":1}', '', '1970-01-01T00:00:00.000Z'])
  })

  test('a long cell is cut and stays one line', () => {
    const row =
      renderTable(['v'], [[`first\n${'x'.repeat(100)}`]])
        .split('\n')
        .at(-1) ?? ''
    expect(row).toHaveLength(60)
    expect(row.startsWith('first x')).toBe(true)
    expect(row.endsWith('…')).toBe(true)
  })

  test('without rows there is still a header', () => {
    expect(renderTable(['one', 'two'], [])).toBe('one  two\n---  ---')
  })
})
