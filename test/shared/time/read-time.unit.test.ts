import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTime, utcTimeOf } from '../../../shared/time/index.ts'
import { scaled, seed } from '../../support/scale.ts'

const utcOf = (text: string): string | undefined => readTime(text).utc
const refusalOf = (text: string): string | undefined => readTime(text).refusal

describe('a time is read as its instant in UTC', () => {
  it.each([
    ['2026-11-21T14:30:00Z', '2026-11-21T14:30:00Z'],
    ['2026-11-21t14:30:00z', '2026-11-21T14:30:00Z'],
    ['2026-11-21T14:30:00.5+01:00', '2026-11-21T13:30:00.5Z'],
    ['2026-11-21T14:30:00.120000-00:00', '2026-11-21T14:30:00.12Z'],
    ['2026-12-31T23:30:00-14:00', '2027-01-01T13:30:00Z'],
    ['2026-01-01T00:00:00+14:00', '2025-12-31T10:00:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['0001-01-01T14:00:00+14:00', '0001-01-01T00:00:00Z'],
    // The year before the first one, until its offset is added.
    ['0000-12-31T23:00:00-02:00', '0001-01-01T01:00:00Z'],
    ['0099-03-01T00:00:00Z', '0099-03-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['9999-12-31T09:59:59-14:00', '9999-12-31T23:59:59Z'],
  ])('%s is %s', (text, utc) => {
    expect(utcOf(text)).toBe(utc)
  })

  it.each([
    // .NET's "o" format has seven digits, Go's RFC3339Nano and Java's Instant up to nine.
    ['2026-11-21T14:30:00.1234567Z', '2026-11-21T14:30:00.123456Z'],
    ['2026-11-21T14:30:00.123456789+01:00', '2026-11-21T13:30:00.123456Z'],
    ['2026-11-21T14:30:00.000000000Z', '2026-11-21T14:30:00Z'],
    ['2026-11-21T14:30:00.0000009Z', '2026-11-21T14:30:00Z'],
    ['2026-12-31T23:59:59.9999999Z', '2026-12-31T23:59:59.999999Z'],
    // DateTime.MaxValue: rounded it would lie in the year 10000.
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999Z'],
    [`2026-11-21T14:30:00.1${'0'.repeat(100)}Z`, '2026-11-21T14:30:00.1Z'],
  ])('digits beyond the sixth are cut off: %s', (text, utc) => {
    expect(utcOf(text)).toBe(utc)
  })
})

describe('what can not be kept is refused with its reason', () => {
  it.each([
    ['0001-01-01T00:00:00+14:00', '0001 to 9999'],
    ['0001-01-01T00:00:00+00:01', '0001 to 9999'],
    ['0000-06-01T00:00:00Z', '0001 to 9999'],
    ['0000-12-31T23:59:59.999999Z', '0001 to 9999'],
    ['9999-12-31T23:59:59-12:00', '0001 to 9999'],
    ['9999-12-31T23:59:59.5-00:01', '0001 to 9999'],
    ['2026-01-01T24:00:00Z', 'hour 24'],
    ['2026-01-01T24:00:01Z', 'hour 24'],
    ['2026-01-01T25:00:00Z', 'hour 25'],
    ['2026-01-01T00:60:00Z', 'minute 60'],
    ['2016-12-31T23:59:60Z', 'leap second'],
    ['2026-01-01T00:00:60.5+02:00', 'leap second'],
    ['2026-01-01T00:00:61Z', 'second 61'],
    ['2026-01-01T00:00:00+14:01', 'beyond 14:00'],
    ['2026-01-01T00:00:00+16:00', 'beyond 14:00'],
    ['2026-01-01T00:00:00-23:59', 'beyond 14:00'],
    ['2026-01-01T00:00:00+99:99', '99 minutes'],
    ['2026-01-01T00:00:00+01:60', '60 minutes'],
    ['2026-02-29T00:00:00Z', '2026-02-29'],
    ['1900-02-29T00:00:00Z', '1900-02-29'],
    ['2026-02-30T00:00:00Z', '2026-02-30'],
    ['2026-04-31T00:00:00Z', '2026-04-31'],
    ['2026-01-00T00:00:00Z', '2026-01-00'],
    ['2026-00-10T00:00:00Z', 'month 00'],
    ['2026-13-10T00:00:00Z', 'month 13'],
    ['2026-11-21T14:30:00', 'no zone'],
    ['2026-11-21T14:30:00.5', 'no zone'],
    ['2026-11-21T14:30:00 02:00', '%2B'],
    ['2026-11-21 14:30:00Z', 'in the place of the T'],
    ['+010000-01-01T00:00:00.000Z', 'more than four digits'],
    ['-000001-01-01T00:00:00.000Z', 'more than four digits'],
  ])('%s: %s', (text, reason) => {
    expect(refusalOf(text)).toContain(reason)
  })

  it.each([
    '',
    ' ',
    '2026-11-21',
    '2026-11-21T14:30Z',
    '2026-11-21T14:30:00.Z',
    '2026-11-21T14:30:00,5Z',
    '2026-11-21T14:30:00+01',
    '2026-11-21T14:30:00+0100',
    '2026-11-21T14:30:00Z ',
    ' 2026-11-21T14:30:00Z',
    '2026-11-21T14:30:00Z\n',
    '20261121T143000Z',
    '2026-W47-6T14:30:00Z',
    '1767225600',
    'infinity',
    'now',
    '٢٠٢٦-11-21T14:30:00Z',
    '2026-11-21T14:30:00\u2212' + '01:00',
  ])('%j is no RFC 3339 time', (text) => {
    expect(refusalOf(text)).toContain('must be an RFC 3339 time')
  })

  it('by an error that says where, for callers without a schema', () => {
    expect(() => utcTimeOf('2026-01-01T24:00:00Z', '/time')).toThrowError(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        detail: expect.stringContaining('/time: has hour 24'),
        errors: [{ pointer: '/time', message: expect.stringContaining('hour 24') }],
      }),
    )
  })
})

const pad = (value: number, length = 2): string => String(value).padStart(length, '0')
const anyTime = fc
  .record({
    year: fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 1, 9999)),
    month: fc.integer({ min: 0, max: 13 }),
    day: fc.integer({ min: 0, max: 32 }),
    hour: fc.integer({ min: 0, max: 25 }),
    minute: fc.integer({ min: 0, max: 61 }),
    second: fc.integer({ min: 0, max: 61 }),
    fraction: fc.stringMatching(/^(\.\d{1,12})?$/),
    zone: fc.oneof(fc.constantFrom('Z', 'z'), fc.stringMatching(/^[+-][01]\d:[0-6]\d$/)),
  })
  .map(
    ({ year, month, day, hour, minute, second, fraction, zone }) =>
      `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}${zone}`,
  )

it('every text is either refused, or an instant of the years 1 to 9999 that reads the same again', () => {
  const seen = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(anyTime, (text) => {
      const { utc, refusal } = readTime(text)
      if (utc === undefined) {
        seen.refused += 1
        expect(refusal).not.toBe('')
        return
      }
      seen.accepted += 1
      expect(utc).toMatch(/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z$/)
      expect(readTime(utc).utc).toBe(utc)
      // The engine's own parser agrees to the millisecond; of more digits than three it can make nothing reliable.
      const toMillisecond = (time: string) => Date.parse(time.replace(/(\.\d{3})\d+/, '$1').toUpperCase())
      expect(toMillisecond(utc)).toBe(toMillisecond(text))
    }),
    { seed, numRuns: scaled(2_000) },
  )
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(100)
})
