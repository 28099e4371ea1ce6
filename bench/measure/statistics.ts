/** Median, smallest and largest of some values. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError for no values: a figure without a measurement is a mistake, and 0 would hide it. */
export function median(values: readonly number[]): number {
  const ordered = values.toSorted((left, right) => left - right)
  const middle = Math.floor(ordered.length / 2)
  const upper = ordered[middle]
  if (upper === undefined) throw new RangeError('there is no median of nothing')
  if (ordered.length % 2 === 1) return upper
  return ((ordered[middle - 1] ?? upper) + upper) / 2
}

/**
 * The smallest value that this share of all values does not exceed.
 * @param share above 0, at most 1
 * @throws RangeError for no values
 */
export function percentileOf(values: readonly number[], share: number): number {
  const ordered = values.toSorted((left, right) => left - right)
  const found = ordered[Math.ceil(ordered.length * share) - 1]
  if (found === undefined) throw new RangeError('there is no percentile of nothing')
  return found
}

/** @throws RangeError for no values. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** One turn of each arm, one directly after the other. */
export interface Round {
  readonly candidate: number
  readonly baseline: number
  readonly ratio: number
}

/**
 * Pairs what was measured in the same round. Each round gives a ratio, and the median is taken of the ratios: a
 * disturbance that lasts longer than a round then affects both arms and hardly changes the ratio.
 * @throws RangeError when the arms have different numbers of turns.
 */
export function pairRounds(candidate: readonly number[], baseline: readonly number[]): Round[] {
  if (candidate.length !== baseline.length) throw new RangeError('the arms have different numbers of turns')
  return candidate.map((value, index) => {
    const base = baseline[index] ?? Number.NaN
    return { candidate: value, baseline: base, ratio: value / base }
  })
}
