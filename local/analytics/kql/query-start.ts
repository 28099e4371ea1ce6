import type { TokenReader } from './token-reader.ts'

/** Words that begin a query without a table's name in front, and what has to follow so that they are no name. */
const beginnings: Readonly<Record<string, (reader: TokenReader, at: number) => boolean>> = {
  datatable: (reader, at) => isSymbol(reader, at, '('),
  materialize: (reader, at) => isSymbol(reader, at, '('),
  print: (reader, at) =>
    reader.peek(at).kind !== 'end' && !isOneOf(reader, at, ['|', ';', ')', ',', '.', '=']),
  range: (reader, at) => reader.peek(at + 1).text.toLowerCase() === 'from',
  union: (reader, at) => reader.peek(at).kind === 'name' || isOneOf(reader, at, ['(', '[']),
}

function isSymbol(reader: TokenReader, at: number, text: string): boolean {
  return isOneOf(reader, at, [text])
}

function isOneOf(reader: TokenReader, at: number, texts: readonly string[]): boolean {
  const token = reader.peek(at)
  return token.kind === 'symbol' && texts.includes(token.text)
}

/** The word that begins a query at this place (`print`, `union`, ...). Undefined: none does. */
export function beginningWord(reader: TokenReader, at = 0): string | undefined {
  const token = reader.peek(at)
  const word = token.text.toLowerCase()
  if (token.kind !== 'name' || !Object.hasOwn(beginnings, word)) return undefined
  return beginnings[word]?.(reader, at + 1) === true ? word : undefined
}

/** Whether a query in parentheses, and no value, comes next: `(T | ...)`, `(print ...)`. */
export function startsInnerQuery(reader: TokenReader): boolean {
  let at = 0
  while (isSymbol(reader, at, '(')) at += 1
  return at > 0 && startsQuery(reader, at)
}

/**
 * Whether a query comes next: `T | ...`, `print ...`. It may be asked only where a query can stand, since in
 * `summarize count() by Kind | take 1` a column stands in front of the `|`.
 */
export function startsQuery(reader: TokenReader, at = 0): boolean {
  if (beginningWord(reader, at) !== undefined) return true
  const isQuoted = isSymbol(reader, at, '[') && reader.peek(at + 1).kind === 'string'
  if (!isQuoted && reader.peek(at).kind !== 'name') return false
  return isSymbol(reader, at + (isQuoted ? 3 : 1), '|')
}
