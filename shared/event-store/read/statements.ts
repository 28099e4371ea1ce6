import { bigint, columns, integer, orElse, orNull, text, timestamp } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'
import { eventColumns } from './stored-event.ts'

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
  streamVersion: integer,
  ...eventColumns,
  /**
   * Null in a row that is no event: its version is the last one that was read. If both are null, the range is empty.
   */
  eventId: orNull(text),
  version: orNull(text),
  streamType: orNull(text),
})

export type StreamRow = RowOf<typeof streamPageColumns>

/** Made once: to make the column list takes some of the hundred microseconds in which a page of one event is read. */
const readStreamText = `select ${streamPageColumns.of('s')}
    from trickle_events_log.read_stream($1, $2, $3, $4, $5, $6, $7, $8, $9) s`

export const readStream = (parameters: ReadStreamParameters): Statement<StreamRow> => ({
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
}

const tenantFeedColumns = columns({
  /** A text, as is position: an event's become numbers only when a reader asks for the checkpoint of each event. */
  xid: text,
  position: text,
  streamId: orElse(text, ''),
  ...eventColumns,
  /** Set only in the last row, which is no event and has the point that the page has reached. */
  epoch: orElse(text, ''),
  streamType: orNull(text),
})

export type TenantFeedRow = RowOf<typeof tenantFeedColumns>

const readTenantFeedText = `select ${tenantFeedColumns.of('f')}
    from trickle_events_log.read_tenant_feed($1, $2, $3, $4, $5, $6, $7, $8, $9) f`

export const readTenantFeed = (parameters: ReadTenantFeedParameters): Statement<TenantFeedRow> => ({
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
