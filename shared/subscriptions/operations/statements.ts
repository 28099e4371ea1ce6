/** Subscriptions, and what an operator does with them: table `subscriptions`. */
import { boolean, columns, float, integer, oneOf, orNull, text, timestamp } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'
import type { FeedPosition } from '../feed-position.ts'

const registeredColumns = columns({ members: integer })

export const register = (
  name: string,
  isGroup: boolean,
  types: readonly string[] | null,
  streamTypes: readonly string[] | null,
  fromNow: boolean,
): Statement<RowOf<typeof registeredColumns>> => ({
  name: 'subscription_register',
  text: 'select trickle_subscriptions_state.register($1, $2, $3, $4, $5) as members',
  columns: registeredColumns,
  values: [name, isGroup, types, streamTypes, fromNow],
})

/**
 * Rows that are read for the lag of a member: about 20 ms. For a larger lag the status says that it is a lower bound.
 */
export const LAG_COUNTED_MAX = 10_000

const statusColumns = columns({
  name: text,
  state: oneOf('running', 'paused', 'stopped'),
  error: orNull(text),
  epoch: text,
  epochIsCurrent: boolean,
  targetMembers: orNull(integer),
  parkedEvents: integer,
  blockedStreams: integer,
  laggingTenants: integer,
  member: integer,
  xid: text,
  position: text,
  leaseUntil: orNull(timestamp),
  failures: integer,
  retryAt: orNull(timestamp),
  memberError: orNull(text),
  lagEvents: integer,
  lagIsLowerBound: boolean,
  lagSeconds: float,
})

export type StatusRow = RowOf<typeof statusColumns>

/** One row for each member, by name and member. Each row repeats the columns of the subscription itself. */
export const selectStatus = (name: string | null, lagCountedMax: number): Statement<StatusRow> => ({
  name: 'subscription_status',
  text: `select s.name, s.state, s.error, s.epoch, s.epoch = c.epoch as epoch_is_current, s.target_members,
      (select count(*) from trickle_subscriptions_state.parked p
        where p.name = s.name and p.state <> 'skipped') as parked_events,
      (select count(distinct (p.tenant_id, p.stream_id)) from trickle_subscriptions_state.parked p
        where p.name = s.name and p.state <> 'skipped' and p.blocks) as blocked_streams,
      (select count(distinct l.tenant_id) from trickle_subscriptions_state.lanes l
        where l.name = s.name) as lagging_tenants,
      m.member, m.xid, m.position, case when m.lease_until > clock_timestamp() then m.lease_until end as lease_until,
      m.failures, case when m.retry_at > clock_timestamp() then m.retry_at end as retry_at, m.error as member_error,
      g.events as lag_events, g.is_lower_bound as lag_is_lower_bound, g.seconds as lag_seconds
    from trickle_subscriptions_state.subscriptions s
      cross join trickle_events_log.current_epoch() c
      join trickle_subscriptions_state.members m on m.name = s.name and m.member < s.members
      cross join lateral trickle_subscriptions_state.member_lag(s.name, m.member, $2) g
    where $1::text is null or s.name = $1
    order by s.name, m.member`,
  columns: statusColumns,
  values: [name, lagCountedMax],
})

/** "done", or why the change was refused. */
export const changedColumns = columns({
  outcome: oneOf(
    'done',
    'not-found',
    'event-not-found',
    'ahead',
    'running',
    'held',
    'stopped',
    'epoch-ended',
    'single',
    'resizing',
    'waiting',
  ),
})

export type Changed = RowOf<typeof changedColumns>

export const setState = (name: string, action: 'pause' | 'resume'): Statement<Changed> => ({
  name: 'subscription_set_state',
  text: 'select trickle_subscriptions_state.set_state($1, $2) as outcome',
  columns: changedColumns,
  values: [name, action],
})

export const moveCheckpoints = (
  name: string,
  kind: string,
  at: FeedPosition | null,
  isResumed: boolean,
): Statement<Changed> => ({
  name: 'subscription_place',
  text: 'select trickle_subscriptions_state.move_checkpoints($1, $2, $3, $4, $5) as outcome',
  columns: changedColumns,
  values: [name, kind, at?.xid ?? null, at?.position ?? null, isResumed],
})

export const resize = (name: string, members: number): Statement<Changed> => ({
  name: 'subscription_resize',
  text: 'select trickle_subscriptions_state.resize($1, $2) as outcome',
  columns: changedColumns,
  values: [name, members],
})
