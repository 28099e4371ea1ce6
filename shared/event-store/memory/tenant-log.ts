import { TrickleError } from '../../errors/index.ts'
import type { StoredEvent } from '../event-json.ts'
import type { NewEvent, TraceContext, WrittenStream } from '../types.ts'
import { jsonbIdentity, jsonbText } from './jsonb-text.ts'
import { timestamptzOfRfc3339 } from './timestamp-text.ts'

/** One append that has happened; its events lead back to it, so that a retry gets the whole of its answer. */
export interface RecordedAppend {
  readonly xid: bigint
  readonly streams: readonly WrittenStream[]
}

export interface RecordedEvent extends StoredEvent {
  readonly xid: bigint
  readonly position: bigint
  readonly streamType: string | null
  /** Equal for two events whose content is equal to the database. */
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
  readonly append: RecordedAppend
}

export type TenantStatus = 'active' | 'suspended' | 'unknown'

/** Everything that one tenant has. */
export class TenantLog {
  status: TenantStatus = 'active'
  readonly streams = new Map<string, RecordedStream>()
  /** In feed order. */
  readonly feed: RecordedEvent[] = []
  readonly receipts = new Map<string, Receipt>()
  /** The stream that holds a name; kept by names.ts. */
  holders: ReadonlyMap<string, string> = new Map()
  readonly #byId = new Map<string, RecordedEvent>()

  versionOf(streamId: string): number {
    return this.streams.get(streamId)?.events.length ?? 0
  }

  record(event: RecordedEvent): void {
    this.feed.push(event)
    this.#byId.set(identityOf(event.source, event.eventId), event)
    this.streams.get(event.streamId)?.events.push(event)
  }

  /**
   * The append that wrote these events before: all of them in one append with equal content; null when none of them is
   * there.
   * @throws TrickleError EVENT_ID_EXISTS for anything in between.
   */
  findAppend(events: readonly PreparedEvent[]): RecordedAppend | null {
    const known = events.map((event) => ({
      event,
      stored: this.#byId.get(identityOf(event.source, event.eventId)),
    }))
    const found = known.filter(({ stored }) => stored !== undefined)
    const [first] = found
    if (first?.stored === undefined) return null
    const isEqual = ({ event, stored }: (typeof known)[number]): boolean =>
      stored !== undefined && stored.streamId === event.streamId && isSameContent(event, stored)
    const { append } = first.stored
    if (known.every((pair) => isEqual(pair) && pair.stored?.append === append)) return append
    throw eventIdExists((found.find((pair) => !isEqual(pair)) ?? first).event.eventId)
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

export function prepareEvent(
  streamId: string,
  event: NewEvent,
  eventId: string,
  trace: TraceContext | null,
): PreparedEvent {
  const { source = '', type, schemaVersion = 1, time, metadata = {}, correlationId, causationId } = event
  const data = JSON.stringify(event.data ?? null)
  // An empty metadata object is the same as none.
  const metadataJson = Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata)
  const content = [type, schemaVersion, jsonbIdentity(data), metadataJson && jsonbIdentity(metadataJson)]
  return {
    streamId,
    source,
    eventId,
    type,
    schemaVersion: String(schemaVersion),
    occurredAt: time === undefined ? null : timestamptzOfRfc3339(time),
    data: jsonbText(data),
    metadata: metadataJson === null ? null : jsonbText(metadataJson),
    correlationId: correlationId ?? null,
    causationId: causationId ?? null,
    traceParent: trace?.traceParent ?? null,
    content: JSON.stringify([...content, correlationId ?? null, causationId ?? null]),
  }
}

/** A time that is not given again agrees with every one; the trace is not content. */
const isSameContent = (event: PreparedEvent, stored: RecordedEvent): boolean =>
  event.content === stored.content && (event.occurredAt === null || event.occurredAt === stored.occurredAt)

const identityOf = (source: string, eventId: string): string => JSON.stringify([source, eventId])

const eventIdExists = (eventId: string): TrickleError =>
  new TrickleError(
    'EVENT_ID_EXISTS',
    `An event with the id "${eventId}" exists in this tenant with other content or from another append. Nothing was written.`,
    { extensions: { eventId } },
  )
