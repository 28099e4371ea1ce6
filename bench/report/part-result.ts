import type { Count, Figure } from '../measure/index.ts'

/** The options of every benchmark command. */
export interface CommonOptions {
  readonly isShort: boolean
  readonly rounds: number
  readonly startRounds?: number | undefined
  readonly turnMs: number
  /** Size of each pool, of ours and of the baseline's. */
  readonly connections: number
}

/** What one part of a command has found. */
export interface PartResult {
  readonly figures: readonly Figure[]
  /** Counted numbers that are not compared with a baseline. */
  readonly counts?: readonly Count[]
  /** What a reader must know about a comparison, above all which defaults a tool runs with. */
  readonly notes?: readonly string[]
  /** What was left out and why, such as a part that this checkout does not have. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  /** Settings of the part's PostgreSQL server that a reader of its figures must know. */
  readonly postgres: Readonly<Record<string, string>>
}
