import { syntaxFailure } from '../failure.ts'

/**
 * Reads the string literal at `start`: `'...'` and `"..."` with escapes, verbatim `@'...'`, secret `h'...'`, and
 * lines between ``` or ~~~ as they are.
 * @throws KustoFailure when it is not closed or has an unknown escape
 */
export function readString(text: string, start: number): { value: string; end: number } {
  for (const fence of ['```', '~~~']) {
    if (!text.startsWith(fence, start)) continue
    const close = text.indexOf(fence, start + fence.length)
    if (close === -1) fail(start, 'is not closed')
    return { value: text.slice(start + fence.length, close), end: close + fence.length }
  }
  const open = text[start] === 'h' || text[start] === 'H' ? start + 1 : start
  return text[open] === '@' ? readVerbatim(text, start, open + 1) : readQuoted(text, start, open)
}

function fail(start: number, what: string): never {
  throw syntaxFailure(`the string at character ${start} ${what}.`)
}

/** `@'...'`: only the quote is escaped, by doubling it. */
function readVerbatim(text: string, start: number, open: number): { value: string; end: number } {
  const quote = text[open] ?? ''
  let value = ''
  let position = open + 1
  for (;;) {
    const close = text.indexOf(quote, position)
    if (close === -1) fail(start, 'is not closed')
    value += text.slice(position, close)
    if (text[close + 1] !== quote) return { value, end: close + 1 }
    value += quote
    position = close + 2
  }
}

function readQuoted(text: string, start: number, open: number): { value: string; end: number } {
  const quote = text[open] ?? ''
  let value = ''
  let position = open + 1
  for (;;) {
    const character = text[position]
    if (character === undefined || character === '\n') fail(start, 'is not closed')
    if (character === quote) return { value, end: position + 1 }
    if (character === '\\') {
      const escape = readEscape(text, start, position)
      value += escape.value
      position = escape.end
    } else {
      value += character
      position += 1
    }
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '0': '\0',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

function readEscape(text: string, start: number, position: number): { value: string; end: number } {
  const letter = text[position + 1] ?? ''
  const simple = escapes[letter]
  if (simple !== undefined) return { value: simple, end: position + 2 }
  const length = { u: 4, U: 8, x: 2 }[letter]
  const digits = length === undefined ? '' : text.slice(position + 2, position + 2 + length)
  const codePoint = Number.parseInt(digits, 16)
  if (
    length === undefined ||
    digits.length < length ||
    !/^[0-9a-f]+$/iu.test(digits) ||
    codePoint > 0x10_ff_ff
  ) {
    fail(start, `has the unknown escape \\${letter}`)
  }
  return { value: String.fromCodePoint(codePoint), end: position + 2 + length }
}
