import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatDatetime,
  formatDatetimeShort,
  formatTimespan,
  membersOfObject,
  parseDatetime,
  parseTimespan,
  parseTimespanLiteral,
  scanValue,
  skipWhitespace,
  stringOfSpan,
  ticksOfUnixMs,
  valueOfJson,
} from '../../../local/analytics/values/index.ts'

function isWholeValue(text: string): boolean {
  try {
    return skipWhitespace(text, scanValue(text, skipWhitespace(text, 0))) === text.length
  } catch {
    return false
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the JSON reader', () => {
  test('accepts what JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
        expect(isWholeValue(` ${JSON.stringify(value, null, indent)}\n`)).toBe(true)
      }),
    )
  })

  test('agrees with JSON.parse on broken text, too', () => {
    const mutated = fc
      .tuple(
        fc.jsonValue(),
        fc.nat(),
        fc.constantFrom('', '"', '\\', ',', '}', ']', '1', '-', '.', 'e', 'n', '\n', '\u0000', '\\u12'),
      )
      .map(([value, at, piece]) => {
        const text = JSON.stringify(value)
        const position = at % (text.length + 1)
        return text.slice(0, position) + piece + text.slice(position + (at % 2))
      })
    fc.assert(
      fc.property(mutated, (text) => {
        expect([text, isWholeValue(text)]).toEqual([text, isJson(text)])
      }),
      { numRuns: 2000 },
    )
  })

  test('finds members as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (bag) => {
        const text = JSON.stringify(bag)
        const { members, end } = membersOfObject(text, 0)
        const found = [...members].map(([key, span]) => [key, JSON.parse(text.slice(span.start, span.end))])
        expect([Object.fromEntries(found), end]).toEqual([JSON.parse(text), text.length])
      }),
    )
  })

  test('resolves escapes as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = JSON.stringify(value)
        expect(stringOfSpan(text, { start: 0, end: text.length })).toBe(value)
      }),
    )
  })

  test('ends with an error, not with the stack, on very deep text', () => {
    expect(() => scanValue('['.repeat(100_000), 0)).toThrow('inside each other')
  })
})

function dynamic(text: string): unknown {
  return valueOfJson('dynamic', text, { start: 0, end: text.length }, 1_000_000)
}

describe('a dynamic value', () => {
  test('has the value it was written with, and int64 numbers their text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(value !== null)
        const text = JSON.stringify(value)
        expect(JSON.parse(String(dynamic(text)))).toEqual(JSON.parse(text))
      }),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number) => {
        expect(dynamic(`{"a":[${number}]}`)).toBe(`{"a":[${number}]}`)
      }),
    )
  })

  test.each([
    ['9223372036854775808', '9.223372036854776E+18'],
    ['-9223372036854775809', '-9.223372036854776E+18'],
    ['12345678901234567890', '1.2345678901234567E+19'],
    ['1.0', '1.0'],
    ['1e3', '1000.0'],
    ['1e-7', '1E-7'],
    ['0.10', '0.1'],
    ['1e15', '1E+15'],
    ['1e400', 'null'],
    ['"1.10 \\" 1.10"', '"1.10 \\" 1.10"'],
    ['{"1.10":1.10}', '{"1.10":1.1}'],
  ])('%s is kept as %s', (text, kept) => {
    expect(dynamic(text)).toBe(kept)
  })
})

describe('times', () => {
  test('keep their ticks through text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 3_155_378_975_999_999_999n }), (ticks) => {
        expect(parseDatetime(formatDatetime(ticks))).toBe(ticks)
        expect(parseDatetime(formatDatetimeShort(ticks))).toBe(ticks)
      }),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (ticks) => {
        expect(parseTimespan(formatTimespan(ticks))).toBe(ticks)
      }),
    )
  })

  test('agree with the platform on milliseconds', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
        (date) => {
          expect(parseDatetime(date.toISOString())).toBe(ticksOfUnixMs(date.getTime()))
        },
      ),
    )
  })

  test.each([
    ['2026-01-31', '2026-01-31T00:00:00Z'],
    ['2026-01-31 10:20', '2026-01-31T10:20:00Z'],
    ['2026-01-31T10:20:30.5-05:30', '2026-01-31T15:50:30.5Z'],
    ['2026-01-31T10:20:30,123456789Z', '2026-01-31T10:20:30.1234567Z'],
    ['2024-02-29T00:00:00+00', '2024-02-29T00:00:00Z'],
  ])('%s is %s', (text, short) => {
    expect(formatDatetimeShort(parseDatetime(text) ?? -1n)).toBe(short)
  })

  test.each([
    '2023-02-29',
    '2026-13-01',
    '2026-01-01T10',
    '0000-01-01',
    '26-01-01',
    '2026-01-01T10:60',
    '2026-01-01Z',
    '',
  ])('%s is no datetime', (text) => {
    expect(parseDatetime(text)).toBeUndefined()
  })

  test.each([
    ['1d', '1.00:00:00'],
    ['1.5h', '01:30:00'],
    ['90m', '01:30:00'],
    ['100ms', '00:00:00.1000000'],
    ['-2s', '-00:00:02'],
    ['1tick', '00:00:00.0000001'],
  ])('the literal %s is %s', (literal, text) => {
    expect(formatTimespan(parseTimespanLiteral(literal) ?? -1n)).toBe(text)
  })
})
