import type { PartContext } from '../command/index.ts'
import type { Target } from '../measure/index.ts'
import type { CommonOptions, PartResult } from '../report/index.ts'
import type { StatementMode } from '../stage/index.ts'

export interface BenchOptions extends CommonOptions {
  readonly startRounds: number
  /** Callers at once. */
  readonly concurrencies: readonly number[]
  /** Events of one append. */
  readonly batches: readonly number[]
  readonly modes: readonly StatementMode[]
  readonly isHot: boolean
  readonly isFull: boolean
}

export type SectionContext = PartContext<BenchOptions>
export type SectionResult = PartResult

/** What the product promises itself; kept in one place, since the table, the JSON and the documents repeat it. */
export const targets = {
  /** One event at concurrency 32, unnamed statements, against the bare INSERT. */
  append: { comparison: 'at-least', value: 0.9 },
  /** 100 events of a stream against the bare SELECT. */
  read: { comparison: 'at-least', value: 1 },
  /** The time a domain's write holds the feed against that of an append alone. */
  domainWrite: { comparison: 'at-most', value: 1.5 },
  /** Process start to the first 200 against the app of one route. */
  start: { comparison: 'at-most', value: 1.6 },
} as const satisfies Record<string, Target>
