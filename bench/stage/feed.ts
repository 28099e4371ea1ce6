import { columns, orNull, text } from '../../shared/postgres/index.ts'
import type { Database } from '../../shared/postgres/index.ts'

const event = columns({
  xid: text,
  position: text,
  tenantId: text,
  streamId: text,
  version: text,
  eventId: text,
  type: text,
  recordedAt: text,
  data: text,
  metadata: orNull(text),
})

/** A place in feed order. */
export interface FeedPoint {
  readonly xid: string
  readonly position: string
}

/**
 * Reads one page of all tenants' feed with the forwarder's login. It is the query of subscriptions without their
 * filters, byte limits and checkpoints, and its horizon is the oldest running transaction. The caller must make sure
 * that nobody appends meanwhile.
 * @returns the number of events in the page
 */
export async function readAllTenants(forwarder: Database, after: FeedPoint, limit: number): Promise<number> {
  const rows = await forwarder.query(
    {
      name: 'read_all_tenants',
      text: `select e.xid, e.position, e.tenant_id, e.stream_id, e.version, e.event_id, e.type, e.recorded_at,
          e.data, e.metadata
        from trickle_events_log.events e
        where (e.xid, e.position) > ($1::xid8, $2::bigint) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by e.xid, e.position limit $3`,
      columns: event,
      values: [after.xid, after.position, limit],
    },
    { isRead: true },
  )
  return rows.length
}
