import { parseExactJson } from '../../json/index.ts'
import { timestampOfText } from '../../postgres/index.ts'
import type { FeedEvent } from './feed-event.ts'
import type { FeedPosition } from '../feed-position.ts'

/** An event as a subscription's code sees it. */
export class SubscriptionEvent {
  readonly tenantId: string
  readonly streamId: string
  readonly streamType: string | null
  /** Its version in the stream, 1 for the first event. */
  readonly version: number
  /** Unique together with tenant and source. Use the three to make an effect idempotent. */
  readonly id: string
  readonly source: string
  readonly type: string
  readonly schemaVersion: number
  /** When it happened, and when it was stored: RFC 3339 in UTC. */
  readonly time: string
  readonly recordedAt: string
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly traceParent: string | null
  /** Its position in the feed; comparable within one epoch of the log. */
  readonly position: FeedPosition
  /** The JSON text as it is stored, for code that passes it on. */
  readonly dataText: string
  readonly metadataText: string
  #data: { readonly value: unknown } | undefined
  #metadata: { readonly value: unknown } | undefined

  constructor(event: FeedEvent) {
    this.tenantId = event.tenantId
    this.streamId = event.streamId
    this.streamType = event.streamType
    this.version = Number(event.version)
    this.id = event.eventId
    this.source = event.source
    this.type = event.type
    this.schemaVersion = Number(event.schemaVersion)
    this.time = timestampOfText(event.occurredAt)
    this.recordedAt = timestampOfText(event.recordedAt)
    this.correlationId = event.correlationId
    this.causationId = event.causationId
    this.traceParent = event.traceParent
    this.position = { xid: event.xid, position: event.position }
    this.dataText = event.data
    this.metadataText = event.metadata ?? '{}'
  }

  /** Parsed at the first use, without loss: an integer above 2^53 is raw JSON (`isRawJson`), with its exact text. */
  get data(): unknown {
    this.#data ??= { value: parseExactJson(this.dataText) }
    return this.#data.value
  }

  get metadata(): unknown {
    this.#metadata ??= { value: parseExactJson(this.metadataText) }
    return this.#metadata.value
  }
}
