import { eventIdExists } from '../append/refusals.ts'
import type { StoredEvent } from '../read/stored-event.ts'
import type { WrittenStream } from '../types.ts'
import type { Holders } from './names.ts'

/** One append that was written. Its events refer to it, so that a retry gets its whole answer. */
export interface RecordedAppend {
  readonly xid: bigint
  readonly streams: readonly WrittenStream[]
}

export interface RecordedEvent extends StoredEvent {
  readonly xid: bigint
  readonly position: bigint
  /** Equal for two events whose content is equal for the database. */
  readonly content: string
  readonly append: RecordedAppend
}

export interface RecordedStream {
  readonly streamId: string
  streamType: string | null
  readonly createdAt: string
  updatedAt: string
  /** The event of version n is at n - 1. */
  readonly events: RecordedEvent[]
}

export interface Receipt {
  readonly fingerprint: Buffer
  readonly xid: bigint
  /** JSON, as the database keeps it. */
  readonly result: string
}

export type TenantStatus = 'active' | 'suspended' | 'unknown'

/** Everything that one tenant has. */
export class TenantLog {
  status: TenantStatus = 'active'
  readonly streams = new Map<string, RecordedStream>()
  /** In feed order. */
  readonly feed: RecordedEvent[] = []
  readonly receipts = new Map<string, Receipt>()
  holders: Holders = new Map()
  readonly #byId = new Map<string, RecordedEvent>()

  versionOf(streamId: string): number {
    return this.streams.get(streamId)?.events.length ?? 0
  }

  record(event: RecordedEvent): void {
    this.feed.push(event)
    this.#byId.set(identityOf(event.source, event.eventId), event)
    this.streams.get(event.streamId)?.events.push(event)
  }

  knowsAny(events: readonly PreparedEvent[]): boolean {
    return events.some(({ source, eventId }) => this.#byId.has(identityOf(source, eventId)))
  }

  /**
   * Finds the earlier append of a request that is sent again: the one that wrote all events with these ids, each with
   * the same content. Null when no event has one of the ids.
   * @throws TrickleError EVENT_ID_EXISTS when only some exist, or with other content, or from several appends.
   */
  findAppend(events: readonly PreparedEvent[]): RecordedAppend | null {
    const pairs = events.map((event) => ({
      event,
      stored: this.#byId.get(identityOf(event.source, event.eventId)),
    }))
    const known = pairs.flatMap(({ event, stored }) =>
      stored === undefined ? [] : [{ id: event.eventId, stored, isEqual: isEqual(event, stored) }],
    )
    const [first] = known
    if (first === undefined) return null
    const { append } = first.stored
    const isWhole = known.length === pairs.length
    if (isWhole && known.every((pair) => pair.isEqual && pair.stored.append === append)) return append
    const unequal = known.filter((pair) => !pair.isEqual)
    throw eventIdExists(
      (unequal.length > 0 ? unequal : known).reduce(
        (least, { id }) => (id < least ? id : least),
        unequal[0]?.id ?? first.id,
      ),
    )
  }
}

/** An event with an id and in the form of the database, before it has a version. */
export interface PreparedEvent {
  readonly streamId: string
  readonly source: string
  readonly eventId: string
  readonly type: string
  readonly schemaVersion: string
  /** Null: the time of recording. */
  readonly occurredAt: string | null
  readonly data: string
  readonly metadata: string | null
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly traceParent: string | null
  readonly content: string
}

/** If the retry has no time, every stored time matches. The trace is not part of the content. */
const isEqual = (event: PreparedEvent, stored: RecordedEvent): boolean =>
  event.streamId === stored.streamId &&
  event.content === stored.content &&
  (event.occurredAt === null || event.occurredAt === stored.occurredAt)

const identityOf = (source: string, eventId: string): string => JSON.stringify([source, eventId])
