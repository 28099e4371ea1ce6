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
 * One page of all tenants' feed by the forwarder's login: the query that subscriptions read by, without their filters,
 * byte limits and checkpoints, below the plain horizon. The caller sees to it that nobody appends meanwhile.
 * @returns how many events it gave
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
