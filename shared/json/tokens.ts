/**
 * Where strings and numbers of a JSON text end. The text need not be valid: these functions always end and never throw.
 */

export const QUOTE = 0x22
export const PLUS = 0x2b
export const COMMA = 0x2c
export const MINUS = 0x2d
export const DOT = 0x2e
export const ZERO = 0x30
export const NINE = 0x39
export const OPEN_BRACKET = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_BRACKET = 0x5d
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
const UPPER_E = 0x45
const LOWER_E = 0x65

/** Index of the quote that closes the string opened at `start`, or the length of the text. */
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

/** White space as JSON knows it; `trim` would take more. */
export const isJsonBlank = (text: string): boolean => /^[ \t\n\r]*$/.test(text)
