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

/** Columns: outcome, versions, at, epoch, timeline, xid, result. */
export const append = (parameters: AppendParameters): Statement => ({
  name: 'append',
  text: `select a.outcome, array_to_json(a.versions)::text, a.at, a.epoch, a.timeline, a.xid, a.result
    from trickle_events_log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) a`,
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
  readonly backward: boolean
  readonly limit: number
  readonly bytesMax: number
}

export const readStream = (parameters: ReadStreamParameters): Statement => ({
  name: 'read_stream',
  text: 'select * from trickle_events_log.read_stream($1, $2, $3, $4, $5, $6)',
  values: [
    parameters.tenantId,
    parameters.streamId,
    parameters.from,
    parameters.backward,
    parameters.limit,
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
  readonly types: readonly string[] | null
  readonly limit: number
  readonly scanLimit: number
  readonly bytesMax: number
}

export const readTenantFeed = (parameters: ReadTenantFeedParameters): Statement => ({
  name: 'read_tenant_feed',
  text: 'select * from trickle_events_log.read_tenant_feed($1, $2, $3, $4, $5, $6, $7)',
  values: [
    parameters.tenantId,
    parameters.xid,
    parameters.position,
    parameters.types,
    parameters.limit,
    parameters.scanLimit,
    parameters.bytesMax,
  ],
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
