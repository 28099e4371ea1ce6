import type { Figure, Target } from '../measure/index.ts'
import type { Cleanup, StatementMode } from '../stage/index.ts'

export interface BenchOptions {
  readonly isShort: boolean
  readonly rounds: number
  readonly startRounds: number
  readonly turnMs: number
  /** Of each pool, ours and the baseline's. */
  readonly connections: number
  readonly concurrencies: readonly number[]
  /** Events of one append. */
  readonly batches: readonly number[]
  readonly modes: readonly StatementMode[]
  readonly isHot: boolean
  readonly isFull: boolean
}

/** What a section may use. */
export interface SectionContext {
  readonly options: BenchOptions
  /** Everything a section starts is put here at once, so that it ends also when the run is broken off. */
  readonly cleanup: Cleanup
  /** An empty folder of the section's own, removed after it. */
  readonly scratchFolder: string
  /** One line for whoever waits. */
  readonly note: (line: string) => void
}

export interface SectionResult {
  readonly figures: readonly Figure[]
  /** What was left out and why, such as a part that this checkout does not have. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  /** Settings of the section's PostgreSQL server by which its figures are judged. */
  readonly postgres: Readonly<Record<string, string>>
}

/** What the product promises itself; kept in one place, since the table, the JSON and the documents repeat it. */
export const targets = {
  /** One event at concurrency 32, unnamed statements, against the bare INSERT. */
  append: { comparison: 'at-least', value: 0.9 },
  /** 100 events of a stream against the bare SELECT. */
  read: { comparison: 'at-least', value: 1 },
  /** Process start to the first 200 against the app of one route. */
  start: { comparison: 'at-most', value: 1.6 },
} as const satisfies Record<string, Target>
