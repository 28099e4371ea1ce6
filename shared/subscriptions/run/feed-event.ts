import { storedEventOfRow, type StoredEvent } from '../../event-store/index.ts'
import type { Row } from '../../postgres/index.ts'
import type { FeedPosition } from '../lease/statements.ts'

/** An event of the feed of all tenants. Times are PostgreSQL's text in UTC; data and metadata are JSON texts. */
export interface FeedEvent extends StoredEvent, FeedPosition {
  readonly tenantId: string
}

/** Columns: tenant_id, xid, position, stream_type, stream_id, and those of every stored event. */
export function feedEventOfRow(row: Row): FeedEvent {
  const [tenantId, xid, position, streamType, streamId] = row
  return {
    ...storedEventOfRow({ streamId: streamId ?? '', streamType: streamType ?? null }, row, 5),
    tenantId: tenantId ?? '',
    xid: BigInt(xid ?? '0'),
    position: BigInt(position ?? '0'),
  }
}
