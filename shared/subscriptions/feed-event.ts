import type { Row } from '../postgres/index.ts'
import type { FeedPosition } from './statements.ts'

/** An event of the feed of all tenants. Times are PostgreSQL's text in UTC; data and metadata are JSON texts. */
export interface FeedEvent extends FeedPosition {
  readonly tenantId: string
  readonly streamId: string
  readonly version: string
  readonly source: string
  readonly eventId: string
  readonly type: string
  readonly streamType: string | null
  readonly schemaVersion: string
  readonly occurredAt: string
  readonly recordedAt: string
  readonly data: string
  readonly metadata: string | null
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly traceParent: string | null
}

export function feedEventOfRow(row: Row): FeedEvent {
  const [
    tenantId,
    xid,
    position,
    streamId,
    version,
    source,
    eventId,
    type,
    streamType,
    schemaVersion,
    occurredAt,
    recordedAt,
    data,
    metadata,
    correlationId,
    causationId,
    traceParent,
  ] = row
  return {
    tenantId: tenantId ?? '',
    xid: BigInt(xid ?? '0'),
    position: BigInt(position ?? '0'),
    streamId: streamId ?? '',
    version: version ?? '',
    source: source ?? '',
    eventId: eventId ?? '',
    type: type ?? '',
    streamType: streamType ?? null,
    schemaVersion: schemaVersion ?? '1',
    occurredAt: occurredAt ?? '',
    recordedAt: recordedAt ?? '',
    data: data ?? 'null',
    metadata: metadata ?? null,
    correlationId: correlationId ?? null,
    causationId: causationId ?? null,
    traceParent: traceParent ?? null,
  }
}
