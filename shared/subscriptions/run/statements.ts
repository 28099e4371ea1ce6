/** Pages of the feed, and how far a member has come with them: tables `members` and `lanes`. */
import { bigint, boolean, columns, integer, oneOf, orElse, orNull, text } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'
import type { FeedPosition } from '../feed-position.ts'
import type { Holder } from '../lease/statements.ts'
import { feedEventColumns } from './feed-event.ts'
import type { FeedEvent } from './feed-event.ts'

export interface ReadFeedParameters {
  readonly after: FeedPosition
  /** Ends the page there, inclusive, instead of at the horizon. */
  readonly until: FeedPosition | null
  readonly limit: number
  readonly bytesMax: number
}

const feedPageColumns = columns(feedEventColumns)

export const readFeed = ({ after, until, limit, bytesMax }: ReadFeedParameters): Statement<FeedEvent> => ({
  name: 'read_feed',
  text: `select ${feedPageColumns.of('f')} from trickle_events_log.read_feed($1, $2, $3, $4, $5, $6) f`,
  columns: feedPageColumns,
  values: [after.xid, after.position, until?.xid ?? null, until?.position ?? null, limit, bytesMax],
})

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

const pageColumns = columns({
  ...feedEventColumns,
  /** An earlier event of its stream is set aside. */
  isBlocked: orElse(boolean, false),
  /** How many lanes the member has. */
  lanes: integer,
})

export type PageRow = RowOf<typeof pageColumns>

/** The last row is no event: its type says why the page ends. No row at all means that the lease is lost. */
export const takePage = (holder: Holder, page: PageParameters): Statement<PageRow> => ({
  name: 'subscription_take_page',
  text: `select ${pageColumns.of('p')}
    from trickle_subscriptions_state.take_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) p`,
  columns: pageColumns,
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

/** A tenant that is handled apart from the main checkpoint, and the point up to which that is done. */
export interface Lane extends FeedPosition {
  readonly tenantId: string
}

const laneColumns = columns({ tenantId: text, xid: bigint, position: bigint })

/** The lane that has waited longest comes first, so that each has its turn. */
export const selectLanes = (holder: Holder, limit: number): Statement<Lane> => ({
  name: 'subscription_lanes',
  text: `select ${laneColumns.of('l')} from trickle_subscriptions_state.lanes l
    where l.name = $1 and l.member = $2 order by l.updated_at, l.tenant_id limit $3`,
  columns: laneColumns,
  values: [holder.name, holder.member, limit],
})

/** An event that is set aside, and why. */
export interface SetAside {
  readonly event: FeedEvent
  readonly state: 'parked' | 'waiting'
  /** Whether later events of its stream wait for it. */
  readonly blocks: boolean
  readonly attempts: number
  readonly error: string
}

export interface Settlement {
  readonly lane: string | null
  readonly from: FeedPosition
  readonly to: FeedPosition
  /** Null when no event was set aside. Then the database need not count them. */
  readonly setAside: readonly SetAside[] | null
  readonly lanes: readonly Lane[]
}

const settledColumns = columns({ outcome: oneOf('settled', 'lost', 'full') })

export type Settled = RowOf<typeof settledColumns>

export const settle = (
  holder: Holder,
  settlement: Settlement,
  parkedMax: number,
  leaseMs: number,
): Statement<Settled> => ({
  name: 'subscription_settle',
  text: 'select trickle_subscriptions_state.settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as outcome',
  columns: settledColumns,
  values: [
    holder.name,
    holder.member,
    holder.fence,
    settlement.lane,
    settlement.from.xid,
    settlement.from.position,
    settlement.to.xid,
    settlement.to.position,
    settlement.setAside === null ? null : setAsideJson(settlement.setAside),
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

/** The form that the functions of the database expect. */
export const setAsideJson = (entries: readonly SetAside[]): string => JSON.stringify(entries.map(referenceOf))

/** What is stored about an event that is set aside: where it is, never its content. */
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

/** Null when the lease is lost. */
const attemptsColumns = columns({ attempts: orNull(integer) })

export type Attempts = RowOf<typeof attemptsColumns>

export const countAttempt = (
  holder: Holder,
  lane: string | null,
  event: FeedEvent,
  by: 1 | -1,
): Statement<Attempts> => ({
  name: 'subscription_count_attempt',
  text: 'select trickle_subscriptions_state.count_attempt($1, $2, $3, $4, $5, $6, $7, $8) as attempts',
  columns: attemptsColumns,
  values: [holder.name, holder.member, holder.fence, lane, event.tenantId, event.streamId, event.version, by],
})
