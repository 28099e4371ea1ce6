import type { Statement } from '../../postgres/index.ts'
import type { FeedEvent } from './feed-event.ts'
import type { FeedPosition, Holder } from '../lease/statements.ts'

/** A tenant that is handled apart from the main checkpoint, and how far. */
export interface Lane extends FeedPosition {
  readonly tenantId: string
}

/** An event that is set aside, with why. */
export interface SetAside {
  readonly event: FeedEvent
  readonly state: 'parked' | 'waiting'
  /** Whether later events of its stream wait behind it. */
  readonly blocks: boolean
  readonly attempts: number
  readonly error: string
}

export interface PageParameters {
  readonly lane: string | null
  readonly after: FeedPosition
  readonly types: readonly string[] | null
  readonly streamTypes: readonly string[] | null
  readonly limit: number
  readonly scanLimit: number
  readonly bytesMax: number
  readonly leaseMs: number
}

/** Columns: those of the feed, is_blocked, lanes. The last row is no event; no row at all says that the lease is lost. */
export const takePage = (holder: Holder, page: PageParameters): Statement => ({
  name: 'subscription_take_page',
  text: 'select * from trickle_subscriptions_state.take_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
  values: [
    holder.name,
    holder.member,
    holder.fence,
    page.lane,
    page.after.xid,
    page.after.position,
    page.types,
    page.streamTypes,
    page.limit,
    page.scanLimit,
    page.bytesMax,
    page.leaseMs,
  ],
})

export interface Settlement {
  readonly lane: string | null
  readonly from: FeedPosition
  readonly to: FeedPosition
  readonly setAside: readonly SetAside[]
  readonly lanes: readonly Lane[]
}

/** One column: settled, lost or full. */
export const settle = (
  holder: Holder,
  settlement: Settlement,
  parkedMax: number,
  leaseMs: number,
): Statement => ({
  name: 'subscription_settle',
  text: 'select trickle_subscriptions_state.settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
  values: [
    holder.name,
    holder.member,
    holder.fence,
    settlement.lane,
    settlement.from.xid,
    settlement.from.position,
    settlement.to.xid,
    settlement.to.position,
    settlement.setAside.length === 0 ? null : JSON.stringify(settlement.setAside.map(referenceOf)),
    JSON.stringify(
      settlement.lanes.map(({ tenantId, xid, position }) => ({
        tenantId,
        xid: String(xid),
        position: String(position),
      })),
    ),
    parkedMax,
    leaseMs,
  ],
})

/** What is kept of an event that is set aside: where it is, never what it says. */
const referenceOf = ({ event, state, blocks, attempts, error }: SetAside) => ({
  tenantId: event.tenantId,
  streamId: event.streamId,
  version: event.version,
  xid: String(event.xid),
  position: String(event.position),
  source: event.source,
  eventId: event.eventId,
  type: event.type,
  state,
  blocks,
  attempts,
  error,
})

/** Columns: tenant_id, xid, position. The one that was worked on longest ago first, so that each has its turn. */
export const selectLanes = (holder: Holder, limit: number): Statement => ({
  name: 'subscription_lanes',
  text: `select l.tenant_id, l.xid, l.position from trickle_subscriptions_state.lanes l
    where l.name = $1 and l.member = $2 order by l.updated_at, l.tenant_id limit $3`,
  values: [holder.name, holder.member, limit],
})

/** One column: the number of attempts; null when the lease is lost. */
export const countAttempt = (
  holder: Holder,
  lane: string | null,
  event: FeedEvent,
  by: 1 | -1,
): Statement => ({
  name: 'subscription_count_attempt',
  text: 'select trickle_subscriptions_state.count_attempt($1, $2, $3, $4, $5, $6, $7, $8)',
  values: [holder.name, holder.member, holder.fence, lane, event.tenantId, event.streamId, event.version, by],
})

/** Columns: those of the feed, parked_id, is_there. */
export const takeReplays = (holder: Holder, limit: number): Statement => ({
  name: 'subscription_take_replays',
  text: 'select * from trickle_subscriptions_state.take_replays($1, $2, $3)',
  values: [holder.name, holder.member, limit],
})

/** One column: the number of attempts; null when the lease is lost or an operator has decided otherwise. */
export const replayStep = (
  holder: Holder,
  parkedId: string,
  step: 'begin' | 'done' | 'failed' | 'later',
  error: string | null,
  retryAfterMs: number | null,
): Statement => ({
  name: 'subscription_replay_step',
  text: 'select trickle_subscriptions_state.replay_step($1, $2, $3, $4, $5, $6, $7)',
  values: [holder.name, holder.member, holder.fence, parkedId, step, error, retryAfterMs],
})
