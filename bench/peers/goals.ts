import type { Target } from '../measure/index.ts'

const atLeast = (value: number): Target => ({ comparison: 'at-least', value })
const atMost = (value: number): Target => ({ comparison: 'at-most', value })

/** The goals of the log compared with its peers and its limits. Each figure that has a goal is printed with it. */
export const goals = {
  /** One event, any number of callers. */
  singleOverEmmett: atLeast(2),
  singleOverInsert: atLeast(1),
  /** Ten events in an append, 8 callers. */
  tensOverEmmett: atLeast(2),
  /** Successful appends a second of 16 writers without an expected version on one stream, and our conflicts there. */
  hotOverEmmett: atLeast(2),
  hotConflicts: atMost(0),
  /** Reads of 100 events of a stream. */
  readOverEmmett: atLeast(1.5),
  readOverFourStatements: atLeast(2),
  /** 64 callers whose appends share transactions. */
  coalescedOverInsert: atLeast(2),
  /** The server's CPU time for a coalesced append divided by that for a single append, 32 callers. */
  coalescedCpu: atMost(0.3),
  /** Events a second divided by the rows a second of pgbench, which inserts one row in each transaction. */
  singleOverPgbench: atLeast(0.45),
  coalesced32OverPgbench: atLeast(0.75),
  coalesced128OverPgbench: atLeast(1.25),
  tensOverPgbench: atLeast(2.4),
  /** Events a second divided by those of Marten's asynchronous daemon, for a projection of the whole log. */
  projectionsOverMarten: atLeast(1.5),
  /** Round trips of one append, and of one read. */
  roundTrips: atMost(1),
} as const satisfies Record<string, Target>
