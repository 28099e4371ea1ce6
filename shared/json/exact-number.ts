/**
 * A double keeps every decimal of up to 15 significant digits (DBL_DIG of IEEE 754 binary64), so a token of at most 15
 * characters without an exponent always survives.
 */
export const SAFE_NUMBER_CHARACTERS = 15

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
/** An int64 has at most 19 digits and a sign: longer tokens are not even converted. */
const INT64_CHARACTERS_MAX = 20
const INTEGER_TOKEN = /^-?\d+$/

export type NumberKind = 'double' | 'rawInteger' | 'inexact'

/**
 * Decides what becomes of one number of a JSON text.
 *
 * - double, where the shortest text of the nearest double has the same decimal value as the token: 1E5, 1.10, 1e-7,
 *   0.30000000000000004.
 * - rawInteger, where the token is an integer within int64 that a double would change: PostgreSQL's numeric and the
 *   analytics side's long both hold it.
 * - inexact otherwise: 12345678901234567890, 0.12345678901234567890, 1e400, 1e-400.
 *
 * -0 is a double and is written as 0: the decimal value is the same, and PostgreSQL's numeric has no negative zero.
 */
export function classifyNumber(token: string): NumberKind {
  const value = Number(token)
  if (isSurelyDouble(token, value)) return 'double'
  if (Number.isFinite(value) && isSameDecimal(token, String(value))) return 'double'
  if (token.length > INT64_CHARACTERS_MAX || !INTEGER_TOKEN.test(token)) return 'inexact'
  const integer = BigInt(token)
  return integer >= INT64_MIN && integer <= INT64_MAX ? 'rawInteger' : 'inexact'
}

/** Well inside of the range of a double, where 15 significant digits always survive; there is no need to compare texts. */
const SURE_MAX = 1e290
/** 15 digits, a sign, a point and an exponent of three digits with its sign. */
const SURE_CHARACTERS_MAX = 22
const SURE_TOKEN = /^-?(?=[\d.]{1,16}(?:[eE]|$))\d{1,15}(?:\.\d{1,14})?(?:[eE][+-]?\d{1,3})?$/

/** The quick way for short numbers with an exponent, of which a body can hold millions. */
function isSurelyDouble(token: string, value: number): boolean {
  const size = Math.abs(value)
  if (token.length > SURE_CHARACTERS_MAX || size > SURE_MAX || size < 1 / SURE_MAX) return false
  return SURE_TOKEN.test(token)
}

/** Compares two JSON number tokens by their exact decimal value, without building numbers of the exponent's size. */
export function isSameDecimal(left: string, right: string): boolean {
  if (left === right) return true
  const a = normalise(left)
  const b = normalise(right)
  if (a.digits === '' || b.digits === '') return a.digits === b.digits
  return a.isNegative === b.isNegative && a.digits === b.digits && a.exponent === b.exponent
}

interface Decimal {
  readonly isNegative: boolean
  /** Significant digits without leading and trailing zeros; '' is zero. */
  readonly digits: string
  /** The value is 0.digits × 10^exponent. */
  readonly exponent: number
}

function normalise(token: string): Decimal {
  const isNegative = token.startsWith('-')
  const [mantissa = '', exponentText = '0'] = token.slice(isNegative ? 1 : 0).split(/e/i)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const all = whole + fraction
  const start = zerosBefore(all)
  // A loop, since /0+$/ takes quadratic time on a megabyte of zeros that does not end in one.
  let end = all.length
  while (end > start && all[end - 1] === '0') end -= 1
  return {
    isNegative,
    digits: all.slice(start, end),
    exponent: Number(exponentText) + whole.length - start,
  }
}

/**
 * How many characters PostgreSQL's numeric prints for a number: without exponent, with as many decimals as it was
 * given. No text of the exponent's size is built.
 */
export function printedLength(token: string): number {
  const isNegative = token.startsWith('-')
  const [mantissa = '', exponentText = '0'] = token.slice(isNegative ? 1 : 0).split(/e/i)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const exponent = Number(exponentText)
  const decimals = Math.max(0, fraction.length - exponent)
  const leadingZeros = zerosBefore(whole + fraction)
  const isZero = leadingZeros === whole.length + fraction.length
  const integerDigits = isZero ? 1 : Math.max(1, whole.length + exponent - leadingZeros)
  // Numeric has no negative zero.
  return (isNegative && !isZero ? 1 : 0) + integerDigits + (decimals === 0 ? 0 : 1 + decimals)
}

function zerosBefore(digits: string): number {
  let count = 0
  while (digits[count] === '0') count += 1
  return count
}
