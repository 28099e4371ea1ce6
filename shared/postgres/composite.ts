const QUOTE = '"'

/**
 * The fields of a composite value as PostgreSQL prints it, such as `(appended,"{1,2}",,"a ""b""")`: null for a field
 * without a value, the text without its quotes otherwise. In a quoted field each quote and each backslash is doubled.
 * Source: PostgreSQL documentation, 8.16.6 Composite Type Input and Output Syntax.
 * @throws SyntaxError when the text is no composite value
 */
export function compositeFields(text: string): (string | null)[] {
  if (!text.startsWith('(') || !text.endsWith(')')) throw new SyntaxError('not a composite value')
  const fields: (string | null)[] = []
  const end = text.length - 1
  let start = 1
  while (start <= end) {
    const isQuoted = text.startsWith(QUOTE, start)
    const stop = isQuoted ? endOfQuoted(text, start) : endOfPlain(text, start, end)
    const field = isQuoted ? text.slice(start + 1, stop - 1) : text.slice(start, stop)
    fields.push(
      isQuoted ? field.replaceAll(/""|\\\\/g, (pair) => pair.charAt(0)) : field === '' ? null : field,
    )
    start = stop + 1
  }
  return fields
}

function endOfPlain(text: string, start: number, end: number): number {
  const comma = text.indexOf(',', start)
  return comma === -1 ? end : comma
}

/** The index after the closing quote. The closing quote is the first one that is not doubled. */
function endOfQuoted(text: string, start: number): number {
  for (let at = text.indexOf(QUOTE, start + 1); at !== -1; at = text.indexOf(QUOTE, at + 2)) {
    if (!text.startsWith(QUOTE, at + 1)) return at + 1
  }
  throw new SyntaxError('a quote of a composite value is not closed')
}
