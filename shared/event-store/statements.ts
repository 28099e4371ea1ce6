import type { Statement } from '../postgres/index.ts'

export interface AppendParameters {
  readonly tenantId: string
  readonly streamIds: readonly string[]
  readonly streamTypes: readonly (string | null)[]
  /** n exactly (0 = no stream), -1 any, -2 some. */
  readonly expected: readonly number[]
  /** How many of the streams are written; the others are conditions. */
  readonly written: number
  readonly eventsJson: string
  readonly traceParent: string | null
  readonly traceState: string | null
  readonly key: string | null
  readonly fingerprint: Buffer | null
}

/**
 * One column: an AppendAnswer as the text of a composite value (append-answer.ts). Asked for as the columns of a FROM
 * item the same answer costs the server a seventh more for an unnamed append: parsing, planning, a tuple store for one
 * row. A bare function call is also what a Citus coordinator hands to the node of the tenant.
 */
export const append = (parameters: AppendParameters): Statement => ({
  name: 'append',
  text: 'select trickle_events_log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
  values: [
    parameters.tenantId,
    parameters.streamIds,
    parameters.streamTypes,
    parameters.expected,
    parameters.written,
    parameters.eventsJson,
    parameters.traceParent,
    parameters.traceState,
    parameters.key,
    parameters.fingerprint,
  ],
})

/** Columns: outcome, offending, stream_versions, epoch, timeline, xid. */
export const findAppend = (
  tenantId: string,
  streamIds: readonly string[],
  eventsJson: string,
): Statement => ({
  name: 'find_append',
  text: `select f.outcome, f.offending, f.stream_versions, f.epoch, f.timeline, f.xid
    from trickle_events_log.find_append($1, $2, $3) f`,
  values: [tenantId, streamIds, eventsJson],
})

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

/** Columns: stream_version, then those of storedEventOfRow. */
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

/** Columns: xid, position, stream_id, then those of storedEventOfRow, epoch. */
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

/** Columns: n, outcome, code. */
export const importEvents = (tenantId: string, linesJson: string): Statement => ({
  name: 'import_events',
  text: 'select i.n, i.outcome, i.code from trickle_events_log.import_events($1, $2) i',
  values: [tenantId, linesJson],
})

/** Columns: n, outcome, code. */
export const importEventsOf = (tenantIds: readonly string[], linesJson: string): Statement => ({
  name: 'import_events_of',
  text: 'select i.n, i.outcome, i.code from trickle_events_log.import_events_of($1, $2) i',
  values: [tenantIds, linesJson],
})
