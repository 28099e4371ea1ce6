import type { Statement } from '../../postgres/index.ts'

export interface ReadStreamParameters {
  readonly tenantId: string
  readonly streamId: string
  readonly from: bigint
  readonly to: bigint
  readonly backward: boolean
  readonly types: readonly string[] | null
  readonly limit: number
  readonly scanLimit: number
  readonly bytesMax: number
}

/** Columns: stream_version, those of storedEventOfRow, stream_type. */
export const readStream = (parameters: ReadStreamParameters): Statement => ({
  name: 'read_stream',
  text: 'select * from trickle_events_log.read_stream($1, $2, $3, $4, $5, $6, $7, $8, $9)',
  values: [
    parameters.tenantId,
    parameters.streamId,
    parameters.from,
    parameters.to,
    parameters.backward,
    parameters.types,
    parameters.limit,
    parameters.scanLimit,
    parameters.bytesMax,
  ],
})

/** Columns: version, stream_type, created_at, updated_at. */
export const streamInfo = (tenantId: string, streamId: string): Statement => ({
  name: 'stream_info',
  text: 'select * from trickle_events_log.stream_info($1, $2)',
  values: [tenantId, streamId],
})

export interface ReadTenantFeedParameters {
  readonly tenantId: string
  readonly xid: bigint
  readonly position: bigint
  /** RFC 3339; when it is there, xid and position do not count. */
  readonly since: string | null
  readonly types: readonly string[] | null
  readonly streamTypes: readonly string[] | null
  readonly limit: number
  readonly scanLimit: number
  readonly bytesMax: number
}

/** Columns: xid, position, stream_id, those of storedEventOfRow, epoch, stream_type. */
export const readTenantFeed = (parameters: ReadTenantFeedParameters): Statement => ({
  name: 'read_tenant_feed',
  text: 'select * from trickle_events_log.read_tenant_feed($1, $2, $3, $4, $5, $6, $7, $8, $9)',
  values: [
    parameters.tenantId,
    parameters.xid,
    parameters.position,
    parameters.since,
    parameters.types,
    parameters.streamTypes,
    parameters.limit,
    parameters.scanLimit,
    parameters.bytesMax,
  ],
})

/** Column: epoch. */
export const selectCurrentEpoch: Statement = {
  name: 'select_current_epoch',
  text: 'select c.epoch from trickle_events_log.current_epoch() c',
  values: [],
}

/**
 * Columns: xid, position. The earliest point at which an epoch after the given one began: several restores may lie
 * between, and one of them may have gone back further than the last. An epoch that the log does not know came after the first.
 */
export const selectHeldUntil = (epoch: string): Statement => ({
  name: 'select_held_until',
  text: `select e.began_xid, e.began_position from trickle_events_log.epochs e
    where e.ordinal > coalesce((select k.ordinal from trickle_events_log.epochs k where k.epoch = $1),
      (select min(k.ordinal) from trickle_events_log.epochs k))
    order by e.began_xid, e.began_position limit 1`,
  values: [epoch],
})

/** Columns: n, outcome, code, stream_type. */
export const importEvents = (tenantId: string, linesJson: string): Statement => ({
  name: 'import_events',
  text: 'select i.n, i.outcome, i.code, i.stream_type from trickle_events_log.import_events($1, $2) i',
  values: [tenantId, linesJson],
})

/** Columns: n, outcome, code, stream_type. */
export const importEventsOf = (tenantIds: readonly string[], linesJson: string): Statement => ({
  name: 'import_events_of',
  text: 'select i.n, i.outcome, i.code, i.stream_type from trickle_events_log.import_events_of($1, $2) i',
  values: [tenantIds, linesJson],
})
