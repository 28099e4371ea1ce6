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

/** The product's own targets. They stand here only, since the table, the JSON and the documents repeat them. */
export const targets = {
  /** One event at concurrency 32, unnamed statements, compared with the bare INSERT. */
  append: { comparison: 'at-least', value: 0.9 },
  /** Server CPU of the first append of a connection, over the first call of a function that inserts into one table. */
  firstAppend: { comparison: 'at-most', value: 2 },
  /** 100 events of a stream, compared with the bare SELECT. */
  read: { comparison: 'at-least', value: 1 },
  /** The time that a domain's write holds the feed, compared with that of an append alone. */
  domainWrite: { comparison: 'at-most', value: 1.5 },
  /** What HTTP and checks add to an append in the host, over the store's own client CPU for it. With 16 callers. */
  httpAppend: { comparison: 'at-most', value: 1.8 },
  /** CPU of the host for a page of 100 events, over that of a route without work that answers as many bytes. With 16 callers. */
  httpRead: { comparison: 'at-most', value: 1.2 },
  /** CPU of the host for a route of the kernel without work, over a bare node:http server behind the same front. */
  httpDoor: { comparison: 'at-most', value: 1.5 },
  /** 95th percentile of one caller's appends while the background app forwards, over the same without forwarding. */
  forwardLatency: { comparison: 'at-most', value: 1.3 },
  /** From the start of the process to the first 200, compared with the app of one route. */
  start: { comparison: 'at-most', value: 1.6 },
} as const satisfies Record<string, Target>
