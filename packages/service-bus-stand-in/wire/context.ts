import type { Queue, Topic } from '../engine/index.ts'
import type { Faults } from '../faults/index.ts'
import type { AccessKey } from './claims.ts'

/** What all connections share. */
export interface WireContext {
  /** By their names in lower case. */
  readonly queues: ReadonlyMap<string, Queue>
  /** By their names in lower case. */
  readonly topics: ReadonlyMap<string, Topic>
  readonly key: AccessKey
  readonly faults: Faults
  readonly now: () => number
  /** Called with one line for what no client gets to see. */
  readonly log: (line: string) => void
}

/** What a link needs of its connection. */
export interface LinkContext extends WireContext {
  /** Ends the connection at once, without a word to the client. */
  readonly drop: () => void
}
