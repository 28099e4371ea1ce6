const answers = new Map<string, string>()

/** JSON of about this many bytes, as long as the answer of our app. Made once for each length. */
export function fillingOf(bytes: string): string {
  const known = answers.get(bytes)
  if (known !== undefined) return known
  const text = JSON.stringify({ status: 'live', filling: 'x'.repeat(Math.max(0, Number(bytes) - 32)) })
  answers.set(bytes, text)
  return text
}
