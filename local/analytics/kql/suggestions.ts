/** More suggestions than this help nobody. */
const SUGGESTIONS_MAX = 3

/** The share of a name's letters that may be wrong, so that `EventTyp` finds EventType and `Foo` finds nothing. */
const WRONG_LETTERS_SHARE = 1 / 3

/** The known names that look like the given one, nearest first: other case, a typing mistake, or a part of it. */
export function nearNames(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase()
  const allowed = Math.floor(wanted.length * WRONG_LETTERS_SHARE)
  return known
    .map((candidate) => ({ candidate, distance: distanceOf(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= allowed || isPart(wanted, candidate.toLowerCase()))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ candidate }) => candidate)
}

/** A part of two letters is in nearly every name. */
const PART_LENGTH_MIN = 3

function isPart(wanted: string, candidate: string): boolean {
  const [short, long] = wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted]
  return short.length >= PART_LENGTH_MIN && long.includes(short)
}

/** How many letters have to be added, removed or replaced to make one name of the other (Levenshtein). */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** ` Did you mean 'A' or 'B'?`, or nothing when no name is near. */
export function sentenceOf(names: readonly string[]): string {
  return names.length === 0 ? '' : ` Did you mean ${names.map((name) => `'${name}'`).join(' or ')}?`
}
