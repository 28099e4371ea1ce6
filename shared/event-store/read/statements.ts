import { bigint, columns, integer, orElse, orNull, text, timestamp } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'

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

const streamPageColumns = columns({
  /** Null: there is no such stream. */
  streamVersion: orNull(integer),
  /** The last version that was read; null if the range is empty. */
  reached: orNull(integer),
  count: integer,
  events: orElse(text, ''),
})

/** Made once: to make the column list takes some of the hundred microseconds in which a page of one event is read. */
const readStreamText = `select ${streamPageColumns.of('s')}
    from trickle_events_log.read_stream($1, $2, $3, $4, $5, $6, $7, $8, $9) s`

export const readStream = (parameters: ReadStreamParameters): Statement<RowOf<typeof streamPageColumns>> => ({
  name: 'read_stream',
  text: readStreamText,
  columns: streamPageColumns,
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

const streamInfoColumns = columns({
  version: integer,
  streamType: orNull(text),
  createdAt: timestamp,
  updatedAt: timestamp,
})

export const streamInfo = (
  tenantId: string,
  streamId: string,
): Statement<RowOf<typeof streamInfoColumns>> => ({
  name: 'stream_info',
  text: `select ${streamInfoColumns.of('s')} from trickle_events_log.stream_info($1, $2) s`,
  columns: streamInfoColumns,
  values: [tenantId, streamId],
})

export interface ReadTenantFeedParameters {
  readonly tenantId: string
  readonly xid: bigint
  readonly position: bigint
  /** RFC 3339; if it is given, xid and position are ignored. */
  readonly since: string | null
  readonly types: readonly string[] | null
  readonly streamTypes: readonly string[] | null
  readonly limit: number
  readonly scanLimit: number
  readonly bytesMax: number
  readonly withPoints: boolean
}

const tenantFeedColumns = columns({
  /** The point that the page has reached. */
  xid: bigint,
  position: bigint,
  epoch: text,
  count: integer,
  events: orElse(text, ''),
  /** The point of each event, if they were asked for: `xid:position`, with a blank between. */
  points: orElse(text, ''),
})

const readTenantFeedText = `select ${tenantFeedColumns.of('f')}
    from trickle_events_log.read_tenant_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) f`

export const readTenantFeed = (
  parameters: ReadTenantFeedParameters,
): Statement<RowOf<typeof tenantFeedColumns>> => ({
  name: 'read_tenant_feed',
  text: readTenantFeedText,
  columns: tenantFeedColumns,
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
    parameters.withPoints,
  ],
})

const epochColumns = columns({ epoch: text })

export const selectCurrentEpoch: Statement<RowOf<typeof epochColumns>> = {
  name: 'select_current_epoch',
  text: 'select c.epoch from trickle_events_log.current_epoch() c',
  columns: epochColumns,
  values: [],
}

const beganColumns = columns({ beganXid: bigint, beganPosition: bigint })

/**
 * The earliest point at which an epoch after the given one began: there may have been several restores since then, and
 * one of them may have gone back further than the last. An epoch that the log does not know is treated like the first
 * one.
 */
export const selectHeldUntil = (epoch: string): Statement<RowOf<typeof beganColumns>> => ({
  name: 'select_held_until',
  text: `select e.began_xid, e.began_position from trickle_events_log.epochs e
    where e.ordinal > coalesce((select k.ordinal from trickle_events_log.epochs k where k.epoch = $1),
      (select min(k.ordinal) from trickle_events_log.epochs k))
    order by e.began_xid, e.began_position limit 1`,
  columns: beganColumns,
  values: [epoch],
})
