/**
 * How long to wait before the next attempt. The wait grows with each failure and is spread at random, so that many who
 * failed together don't come back together. It must not wait itself, nor know what is tried.
 * Source: AWS Architecture Blog, "Exponential Backoff and Jitter".
 */

/** The longest wait after that many failures in a row, 1 or more: the first, doubled with each further one. */
export const backoffCeilingMs = (failures: number, firstMs: number, longestMs: number): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, DOUBLINGS_MAX))

/** A millisecond doubled so often is 12 days. More would overflow, and 0 times infinity is no number. */
const DOUBLINGS_MAX = 30

/** Anything up to the ceiling: spreads best, but may come back at once. */
export const fullJitterMs = (ceilingMs: number, random = Math.random): number => random() * ceilingMs

/** Half of the ceiling and anything up to the other half: for what needs a rest, however short. */
export const equalJitterMs = (ceilingMs: number): number => (ceilingMs + Math.random() * ceilingMs) / 2
