/** How many letters must change to turn one word into the other (Levenshtein's distance, two rows at a time). */
export function distance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const change = from[row - 1] === to[column - 1] ? 0 : 1
      const costs = [
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + change,
      ]
      current.push(Math.min(...costs))
    }
    above = current
  }
  return above.at(-1) ?? 0
}

/** If more letters differ, it was not a typing mistake. */
const LARGEST_GUESS = 3

/** The known word that was probably meant; undefined when none is similar. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({
      candidate,
      // The beginning of a word counts as similar, however long the word is.
      cost: word.length >= 2 && candidate.startsWith(word) ? 1 : distance(word, candidate),
    }))
    .sort((one, other) => one.cost - other.cost)
  const best = ranked[0]
  return best && best.cost <= Math.min(LARGEST_GUESS, Math.ceil(word.length / 2)) ? best.candidate : undefined
}
