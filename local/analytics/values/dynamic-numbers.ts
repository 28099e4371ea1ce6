import { scanString } from './json-scan.ts'
import type { JsonSpan } from './json-scan.ts'

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/** int64 has at most 19 digits, so an integer with up to 18 digits always fits. */
const SURELY_LONG_DIGITS = 18

/** A fraction, an exponent or 19 digits in a row: only such a number can change when a dynamic column keeps it. */
const DOUBTFUL_NUMBER = /\d[.eE]|\d{19}/u

/**
 * The JSON text as a dynamic column keeps it. Only numbers that are not int64 change, as they become doubles
 * (12345678901234567890 becomes 1.2345678901234567E+19, 1.10 becomes 1.1).
 */
export function normalizeNumbers(text: string, span: JsonSpan): string {
  const json = text.slice(span.start, span.end)
  if (!DOUBTFUL_NUMBER.test(json)) return json
  const parts: string[] = []
  let copied = 0
  visitNumbers(json, (number) => {
    const token = json.slice(number.start, number.end)
    if (isLong(token)) return
    parts.push(json.slice(copied, number.start), writeDouble(token))
    copied = number.end
  })
  parts.push(json.slice(copied))
  return parts.join('')
}

const NUMBER_TOKEN = /[-+.eE\d]+/uy

/** Walks once over well-formed JSON and calls `visit` for each number. Digits inside strings are not numbers. */
function visitNumbers(json: string, visit: (number: JsonSpan) => void): void {
  let position = 0
  while (position < json.length) {
    const code = json.charCodeAt(position)
    if (code === 34) position = scanString(json, position)
    else if (code === 45 || (code >= 48 && code <= 57)) {
      NUMBER_TOKEN.lastIndex = position
      NUMBER_TOKEN.test(json)
      visit({ start: position, end: NUMBER_TOKEN.lastIndex })
      position = NUMBER_TOKEN.lastIndex
    } else position += 1
  }
}

function isLong(token: string): boolean {
  if (!/^-?\d+$/u.test(token)) return false
  if (token.length <= SURELY_LONG_DIGITS) return true
  if (token.length > SURELY_LONG_DIGITS + 2) return false
  const value = BigInt(token)
  return value >= LONG_MIN && value <= LONG_MAX
}

/** From this size .NET writes a double with an exponent. Without the exponent it would be read back as a long. */
const EXPONENT_FROM = 1e15

/** A double as JSON text that is read back as a double: 1.0, 1E+20. */
export function writeDouble(token: string): string {
  const value = Number(token)
  // JSON cannot express infinity.
  if (!Number.isFinite(value)) return 'null'
  if (value !== 0 && Math.abs(value) >= EXPONENT_FROM) return value.toExponential().replace('e', 'E')
  const text = String(value)
  return /[.e]/u.test(text) ? text.replace('e', 'E') : `${text}.0`
}
