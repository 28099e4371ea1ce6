import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, isRawJson, parseExactJson } from '../../../shared/json/index.ts'
import { refusalOf } from './support.ts'

/** The value of a JSON number as sign, digits and exponent of ten, computed by BigInt alone: an oracle of its own. */
function exactDecimal(token: string): string {
  const match = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token)
  if (match === null) throw new Error(`no number: ${token}`)
  const fraction = match[2] ?? ''
  let coefficient = BigInt(`${match[1]}${fraction}`)
  let exponent = Number(match[3] ?? '0') - fraction.length
  while (coefficient !== 0n && coefficient % 10n === 0n) {
    coefficient /= 10n
    exponent += 1
  }
  return coefficient === 0n ? '0' : `${coefficient}e${exponent}`
}

const digits = (maxLength: number) =>
  fc.string({
    unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
    minLength: 1,
    maxLength,
  })
const whole = fc.oneof(
  digits(25).map((text) => text.replace(/^0+(?=\d)/, '')),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map((value) => String(value < 0n ? -value : value)),
  fc.constantFrom('0', '9007199254740993', '9223372036854775807', '9223372036854775808'),
)
const numberToken = fc
  .tuple(
    fc.constantFrom('', '-'),
    whole,
    fc.option(digits(25), { nil: '' }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), fc.nat(420)), { nil: null }),
  )
  .map(([sign, integer, fraction, exponent]) => {
    const point = fraction === '' ? '' : `.${fraction}`
    return `${sign}${integer}${point}${exponent === null ? '' : exponent.join('')}`
  })
const doubleToken = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value))

describe('any number', () => {
  it('is refused, or written with the same exact decimal value', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.oneof(numberToken, doubleToken), (token) => {
        const text = `{"a":[${token}]}`
        const refusal = refusalOf(() => parseExactJson(text))
        if (refusal !== undefined) {
          seen.add('refused')
          return refusal.code === 'NUMBER_NOT_EXACT' && refusal.errors[0]?.pointer === '/a/0'
        }
        const value = parseExactJson(text)
        const item = (value as { a: unknown[] }).a[0]
        seen.add(isRawJson(item) ? 'raw' : 'double')
        const writtenToken = JSON.stringify(value).slice('{"a":['.length, -']}'.length)
        return exactDecimal(writtenToken) === exactDecimal(token)
      }),
      { numRuns: 4000 },
    )
    expect([...seen].sort()).toEqual(['double', 'raw', 'refused'])
  })

  it('is never refused when JSON.stringify wrote it', () => {
    fc.assert(
      fc.property(doubleToken, (token) => {
        expect(JSON.stringify(parseExactJson(token))).toBe(JSON.stringify(JSON.parse(token)))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('any text', () => {
  it('gives what JSON.parse gives, or a code, and never another error', () => {
    const codes = new Set(['MALFORMED_JSON', 'NUMBER_NOT_EXACT', 'INVALID_TEXT', 'JSON_TOO_DEEP'])
    const anyText = fc.oneof(
      fc.json({ maxDepth: 6 }),
      fc.string({ unit: 'binary' }),
      fc.json().map((text) => text.slice(1)),
    )
    const property = fc.property(anyText, (text) => {
      const refusal = refusalOf(() => parseExactJson(text))
      if (refusal !== undefined) return codes.has(refusal.code)
      return JSON.stringify(parseExactJson(text)) === JSON.stringify(JSON.parse(text))
    })
    expect(fc.check(property, { numRuns: 3000 }).counterexample).toBeNull()
  })

  it('has one canonical form, whatever the order of members and the white space', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled)
      if (value === null || typeof value !== 'object') return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([name, member]) => [name, shuffled(member)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const canonical = canonicalJson(value)
        expect(canonicalJson(JSON.parse(JSON.stringify(shuffled(value), null, 2)))).toBe(canonical)
        expect(canonicalJson(JSON.parse(canonical))).toBe(canonical)
      }),
      { numRuns: 1000 },
    )
  })
})
