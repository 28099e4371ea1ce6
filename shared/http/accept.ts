/** RFC 9110 §12.4.2: a weight has at most three digits after the point. */
const WEIGHT = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i

/**
 * Picks the media type that a client likes best of those on offer (RFC 9110 §12.5.1): by weight, then by how precisely
 * it is named, then by the order of the offer. A header that is absent accepts everything.
 * @param offered lower case, without parameters; a client that states no preference gets the first.
 * @returns null where nothing on offer is accepted
 */
export function preferredMediaType<T extends string>(
  header: string | null,
  offered: readonly [T, ...T[]],
): T | null {
  if (header === null || header.trim() === '') return offered[0]
  const ranges = header.split(',').map(parseRange)
  const weighed = offered.map((type) => ({ type, ...weightOf(type, ranges) }))
  const accepted = weighed.filter(({ weight }) => weight > 0)
  const [best] = accepted.toSorted(
    (left, right) => right.weight - left.weight || right.precision - left.precision,
  )
  return best?.type ?? null
}

interface MediaRange {
  readonly range: string
  readonly weight: number
}

function parseRange(text: string): MediaRange {
  const [range = '', ...parameters] = text.split(';')
  const weight = parameters
    .map((parameter) => WEIGHT.exec(parameter)?.[1])
    .find((found) => found !== undefined)
  return { range: range.trim().toLowerCase(), weight: weight === undefined ? 1 : Number(weight) }
}

/** The most precise range that covers the type decides: `application/json;q=0, *\/*` does not accept JSON. */
function weightOf(type: string, ranges: readonly MediaRange[]): { weight: number; precision: number } {
  const candidates = [type, `${type.split('/', 1)[0] ?? ''}/*`, '*/*']
  for (const [index, candidate] of candidates.entries()) {
    const found = ranges.find(({ range }) => range === candidate)
    if (found !== undefined) return { weight: found.weight, precision: candidates.length - index }
  }
  return { weight: 0, precision: 0 }
}
