import type { Target } from '../measure/index.ts'

const atLeast = (value: number): Target => ({ comparison: 'at-least', value })
const atMost = (value: number): Target => ({ comparison: 'at-most', value })

/** What the log promises itself against its peers and its limits; each figure that has a goal is printed with it. */
export const goals = {
  /** One event, any number of callers. */
  singleOverEmmett: atLeast(2),
  singleOverInsert: atLeast(1),
  /** Ten events an append, 8 callers. */
  tensOverEmmett: atLeast(2),
  /** Successes a second of 16 writers without an expected version on one stream, and conflicts among ours. */
  hotOverEmmett: atLeast(2),
  hotConflicts: atMost(0),
  /** 100 events of a stream. */
  readOverEmmett: atLeast(1.5),
  readOverFourStatements: atLeast(2),
  /** 64 callers whose appends share transactions. */
  coalescedOverInsert: atLeast(2),
  /** Server CPU of a coalesced append over that of a single one, 32 callers. */
  coalescedCpu: atMost(0.3),
  /** Events a second over the rows a second of pgbench, which inserts one row a transaction. */
  singleOverPgbench: atLeast(0.45),
  coalesced32OverPgbench: atLeast(0.75),
  coalesced128OverPgbench: atLeast(1.25),
  tensOverPgbench: atLeast(2.4),
  /** Events a second over those of Marten's asynchronous daemon, from zero. */
  projectionsOverMarten: atLeast(1.5),
  /** Of one append, of one read. */
  roundTrips: atMost(1),
} as const satisfies Record<string, Target>
