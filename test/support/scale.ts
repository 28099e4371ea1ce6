import { seededRandom as seeded } from '../../cli/demo/index.ts'

/**
 * How much the seeded loops do. With 1 all tests are short enough for every run. TRICKLE_TEST_SCALE=20 is for a run
 * over night. TRICKLE_TEST_SEED repeats a failed run, except for the order in which the machine runs its threads.
 */
const factor = Number(process.env['TRICKLE_TEST_SCALE'] ?? '1')

export const seed = Number(process.env['TRICKLE_TEST_SEED'] ?? '20261121')

export function scaled(count: number): number {
  if (!(factor > 0)) throw new Error('TRICKLE_TEST_SCALE must be a number above 0')
  return Math.max(1, Math.round(count * factor))
}

/** Numbers in [0, 1) that are the same in every run. */
export const seededRandom = (start: number = seed): (() => number) => seeded(start).next

/** A whole number in [0, below). */
export function pickBelow(random: () => number, below: number): number {
  return Math.floor(random() * below)
}
