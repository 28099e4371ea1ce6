import { classifyNumber, SAFE_NUMBER_CHARACTERS } from './exact-number.ts'

/** What one cheap pass over a JSON text tells before anything is built from it. */
export interface TextScan {
  /** True where brackets nest deeper than the limit; the scan stops there. */
  readonly isTooDeep: boolean
  /** True where an integer must be kept as raw JSON, since a double would change it. */
  readonly needsRawIntegers: boolean
  /** Where numbers begin that cannot be kept: the first few, in ascending order. */
  readonly inexactOffsets: readonly number[]
}

/** A client mends the first few and sends again; a body of a million bad numbers must not make a megabyte of errors. */
const MAX_INEXACT_OFFSETS = 20

const QUOTE = 0x22
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const UPPER_E = 0x45
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const LOWER_E = 0x65
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Measures nesting and judges numbers, outside of strings only. The text need not be valid JSON: what the scan says of
 * an invalid text is of no use, but it ends and it never throws.
 *
 * Depth is taken from the text, not from the parsed value: `JSON.parse` takes seconds for megabytes of `[`. Numbers are
 * judged here since `JSON.parse` with a reviver takes seven times as long as without one, and few texts need it.
 */
export function scanJsonText(text: string, maxDepth: number): TextScan {
  const inexactOffsets: number[] = []
  let needsRawIntegers = false
  let depth = 0
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      index = endOfString(text, index)
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1
      if (depth > maxDepth) return { isTooDeep: true, needsRawIntegers, inexactOffsets }
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const end = endOfNumber(text, index)
      const isRisky = end - index > SAFE_NUMBER_CHARACTERS || hasExponent(text, index, end)
      const kind = isRisky ? classifyNumber(text.slice(index, end)) : 'double'
      if (kind === 'rawInteger') needsRawIntegers = true
      if (kind === 'inexact' && inexactOffsets.length < MAX_INEXACT_OFFSETS) inexactOffsets.push(index)
      index = end - 1
    }
    index += 1
  }
  return { isTooDeep: false, needsRawIntegers, inexactOffsets }
}

/** Index of the quote that closes the string opened at `start`, or the end of the text. */
export function endOfString(text: string, start: number): number {
  let end = start
  for (;;) {
    // indexOf is native: long strings cost next to nothing.
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return end
  }
}

/** Index after the number that begins at `start`: all characters that a number may hold. */
export function endOfNumber(text: string, start: number): number {
  let end = start + 1
  for (;;) {
    const code = text.charCodeAt(end)
    const isDigitOrDot = (code >= ZERO && code <= NINE) || code === DOT
    if (!isDigitOrDot && !isExponentLetter(code) && code !== PLUS && code !== MINUS) return end
    end += 1
  }
}

export function hasExponent(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    if (isExponentLetter(text.charCodeAt(index))) return true
  }
  return false
}

function isExponentLetter(code: number): boolean {
  return code === UPPER_E || code === LOWER_E
}
