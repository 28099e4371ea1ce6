import type { Count, Figure } from '../measure/index.ts'

/** What every benchmark command lets its caller choose. */
export interface CommonOptions {
  readonly isShort: boolean
  readonly rounds: number
  readonly startRounds?: number | undefined
  readonly turnMs: number
  /** Of each pool, ours and the baseline's. */
  readonly connections: number
}

/** What one part of a command has found. */
export interface PartResult {
  readonly figures: readonly Figure[]
  /** What was counted and is no ratio. */
  readonly counts?: readonly Count[]
  /** How a comparison is meant: above all where a tool runs with its defaults. */
  readonly notes?: readonly string[]
  /** What was left out and why, such as a part that this checkout does not have. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  /** Settings of the part's PostgreSQL server by which its figures are judged. */
  readonly postgres: Readonly<Record<string, string>>
}
