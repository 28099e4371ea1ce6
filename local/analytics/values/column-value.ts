import { parseDatetime, parseTimespan, parseTimespanLiteral } from './ticks.ts'
import type { ColumnType, StoredValue } from './column-type.ts'
import { stringOfSpan } from './json-scan.ts'
import type { JsonSpan } from './json-scan.ts'
import { normalizeNumbers } from './dynamic-numbers.ts'

/**
 * Turns JSON into the value of a column, as ADX does: a value that does not fit becomes null without an error ('' in a
 * string column). A developer whose program sends such values must see the loss in the local run.
 */

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n
const INT_MIN = -(2n ** 31n)
const INT_MAX = 2n ** 31n - 1n

/** A decimal has 34 significant digits. */
const DECIMAL_DIGITS_MAX = 34

const INTEGER_PATTERN = /^[+-]?\d{1,40}$/u
const REAL_PATTERN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/u

/** A text as a value of a type; null when it does not fit the type. */
export function valueOfText(type: ColumnType, text: string): StoredValue {
  const trimmed = text.trim()
  switch (type) {
    case 'string':
      return text
    case 'bool':
      return boolOf(trimmed)
    case 'int':
      return integerWithin(trimmed, INT_MIN, INT_MAX)
    case 'long':
      return integerWithin(trimmed, LONG_MIN, LONG_MAX)
    case 'real':
      return realOf(trimmed)
    case 'decimal':
      return decimalOf(trimmed)
    case 'guid':
      return guidOf(trimmed)
    case 'datetime':
      return parseDatetime(trimmed) ?? null
    case 'timespan':
      return parseTimespan(trimmed) ?? parseTimespanLiteral(trimmed) ?? null
    case 'dynamic':
      return JSON.stringify(text)
  }
}

function boolOf(text: string): bigint | null {
  const word = text.toLowerCase()
  if (word === 'true' || word === '1') return 1n
  if (word === 'false' || word === '0') return 0n
  return null
}

function integerWithin(text: string, min: bigint, max: bigint): bigint | null {
  if (!INTEGER_PATTERN.test(text)) return null
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value < min || value > max ? null : value
}

function realOf(text: string): number | null {
  if (REAL_PATTERN.test(text)) return Number(text)
  const word = text.toLowerCase()
  if (word === 'nan') return null
  if (word === 'inf' || word === '+inf' || word === 'infinity') return Infinity
  if (word === '-inf' || word === '-infinity') return -Infinity
  return null
}

function decimalOf(text: string): string | null {
  if (!REAL_PATTERN.test(text)) return null
  const digits = text
    .replace(/[eE].*$/u, '')
    .replace(/[^\d]/gu, '')
    .replace(/^0+/u, '')
  return digits.length > DECIMAL_DIGITS_MAX ? null : text.replace(/^\+/u, '')
}

const GUID_PATTERN = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/iu

function guidOf(text: string): string | null {
  const match = GUID_PATTERN.exec(text)
  return match === null ? null : match.slice(1).join('-').toLowerCase()
}

/**
 * A JSON value as a value of a column.
 * @param text must be well-formed JSON at `span`
 * @param maxBytes the limit in UTF-8: a longer dynamic becomes null, a longer string is cut
 */
export function valueOfJson(type: ColumnType, text: string, span: JsonSpan, maxBytes: number): StoredValue {
  const first = text[span.start]
  if (first === 'n') return type === 'string' ? '' : null
  if (type === 'dynamic') return dynamicOf(text, span, maxBytes)
  const isString = first === '"'
  if (type === 'string') {
    return cutToBytes(isString ? stringOfSpan(text, span) : text.slice(span.start, span.end), maxBytes)
  }
  if (isString) return valueOfText(type, stringOfSpan(text, span))
  if (first === '{' || first === '[') return null
  const word = text.slice(span.start, span.end)
  if (first === 't' || first === 'f') return type === 'bool' ? boolOf(word) : null
  return takesNumbers(type) ? valueOfText(type, word) : null
}

/**
 * Microsoft's page does not say whether the limit is for the text that arrives or for the value that is kept, so both
 * must fit. A number of 309 digits is kept as 1E+308: a value with 100,000 of them fits in one form only, and it
 * becomes null here, since ADX may do the same.
 */
function dynamicOf(text: string, span: JsonSpan, maxBytes: number): string | null {
  if (isLonger(text.slice(span.start, span.end), maxBytes)) return null
  const json = normalizeNumbers(text, span)
  return isLonger(json, maxBytes) ? null : json
}

const isLonger = (json: string, maxBytes: number): boolean =>
  json.length * 3 > maxBytes && Buffer.byteLength(json, 'utf8') > maxBytes

/** Cuts a text to at most `maxBytes` bytes of UTF-8, never inside a character. */
function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= maxBytes) return text
  let end = maxBytes
  // A byte of the form 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1
  return bytes.toString('utf8', 0, end)
}

function takesNumbers(type: ColumnType): boolean {
  return type === 'int' || type === 'long' || type === 'real' || type === 'decimal' || type === 'bool'
}

/** What a column holds when the record has nothing for it. */
export function missingValue(type: ColumnType): StoredValue {
  return type === 'string' ? '' : null
}
