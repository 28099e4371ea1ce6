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
  /** One event, over Marten's quick appends: by the number of callers. */
  singleOverMarten: {
    1: atLeast(0.9),
    4: atLeast(1.1),
    8: atLeast(1.3),
    16: atLeast(1.6),
    32: atLeast(2.2),
    64: atLeast(2.6),
  } as Readonly<Record<number, Target>>,
  tensOverMarten: atLeast(1.4),
  /** Reads of 100 events of a stream, over Marten's to objects. */
  readTextOverMarten: atLeast(1.25),
  readObjectsOverMarten: atLeast(0.95),
  /** CPU of client and server for that read to text, divided by Marten's to objects. */
  readCpuOverMarten: atMost(0.8),
  /** Appends over HTTP, divided by those of Kestrel with Marten: 1, 16 and 64 callers. */
  doorOverKestrel: atLeast(0.7),
  /** Events a second divided by those of Marten's asynchronous daemon, for a projection of the whole log. */
  projectionsOverMarten: atLeast(1.5),
  /** Round trips of one append, and of one read. */
  roundTrips: atMost(1),
} as const satisfies Record<string, Target | Readonly<Record<number, Target>>>
