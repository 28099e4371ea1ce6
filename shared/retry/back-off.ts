export interface BackOff {
  /** Longest wait after the first failure. */
  readonly firstMs: number
  /** Longest wait after any number of failures. */
  readonly longestMs: number
}

/**
 * Milliseconds from 0 to the limit of this attempt: the load of many callers is spread most evenly.
 * @param failures in a row, from 1
 */
export function fullJitterMs(failures: number, backOff: BackOff, random = Math.random): number {
  return random() * ceilingMs(failures, backOff)
}

/**
 * Milliseconds from half the limit of this attempt to all of it: for what must not come back at once, such as work that
 * a server out of memory has refused.
 * @param failures in a row, from 1
 */
export function equalJitterMs(failures: number, backOff: BackOff, random = Math.random): number {
  const halfMs = ceilingMs(failures, backOff) / 2
  return halfMs + random() * halfMs
}

const ceilingMs = (failures: number, { firstMs, longestMs }: BackOff): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, DOUBLINGS_MAX))

/** A millisecond doubled so often is 12 days. More would overflow, and 0 times infinity is no number. */
const DOUBLINGS_MAX = 30
