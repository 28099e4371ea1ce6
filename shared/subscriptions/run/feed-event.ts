import { eventColumns } from '../../event-store/index.ts'
import type { StoredEvent } from '../../event-store/index.ts'
import { bigint, orElse, orNull, text } from '../../postgres/index.ts'
import type { FeedPosition } from '../feed-position.ts'

/** An event of the feed of all tenants. Times are PostgreSQL's text in UTC; data and metadata are JSON texts. */
export interface FeedEvent extends StoredEvent, FeedPosition {
  readonly tenantId: string
}

/** The columns of a statement that returns events of the feed. In a row that is no event, tenant and stream are ''. */
export const feedEventColumns = {
  tenantId: orElse(text, ''),
  xid: bigint,
  position: bigint,
  streamType: orNull(text),
  streamId: orElse(text, ''),
  ...eventColumns,
} as const
