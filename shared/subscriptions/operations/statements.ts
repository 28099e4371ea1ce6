import type { Statement } from '../../postgres/index.ts'
import type { FeedPosition } from '../lease/statements.ts'

/** Rows looked at for the lag of a member: about 20 ms; who is further behind is told so. */
export const LAG_COUNTED_MAX = 10_000

/** One row a member, by name and member; the columns of the subscription itself come first on each. */
export const selectStatus = (name: string | null, lagCountedMax: number): Statement => ({
  name: 'subscription_status',
  text: `select s.name, s.state, s.error, s.epoch, (s.epoch = c.epoch)::text, s.target_members,
      (select count(*) from trickle_subscriptions_state.parked p where p.name = s.name and p.state <> 'skipped'),
      (select count(distinct (p.tenant_id, p.stream_id)) from trickle_subscriptions_state.parked p
        where p.name = s.name and p.state <> 'skipped' and p.blocks),
      (select count(distinct l.tenant_id) from trickle_subscriptions_state.lanes l where l.name = s.name),
      m.member, m.xid, m.position, case when m.lease_until > clock_timestamp() then m.lease_until end, m.failures,
      case when m.retry_at > clock_timestamp() then m.retry_at end, m.error, g.events, g.is_lower_bound::text, g.seconds
    from trickle_subscriptions_state.subscriptions s
      cross join trickle_events_log.current_epoch() c
      join trickle_subscriptions_state.members m on m.name = s.name and m.member < s.members
      cross join lateral trickle_subscriptions_state.member_lag(s.name, m.member, $2) g
    where $1::text is null or s.name = $1
    order by s.name, m.member`,
  values: [name, lagCountedMax],
})

/** One column: done, or why not. So it is with the statements below. */
export const setState = (name: string, action: 'pause' | 'resume'): Statement => ({
  name: 'subscription_set_state',
  text: 'select trickle_subscriptions_state.set_state($1, $2)',
  values: [name, action],
})

export const place = (
  name: string,
  kind: string,
  at: FeedPosition | null,
  isResumed: boolean,
): Statement => ({
  name: 'subscription_place',
  text: 'select trickle_subscriptions_state.move_checkpoints($1, $2, $3, $4, $5)',
  values: [name, kind, at?.xid ?? null, at?.position ?? null, isResumed],
})

export const resize = (name: string, members: number): Statement => ({
  name: 'subscription_resize',
  text: 'select trickle_subscriptions_state.resize($1, $2)',
  values: [name, members],
})

export const decideParked = (name: string, parkedId: string, decision: 'replay' | 'skip'): Statement => ({
  name: 'subscription_decide_parked',
  text: 'select trickle_subscriptions_state.decide_parked($1, $2, $3)',
  values: [name, parkedId, decision],
})

export const selectParkedTenant = (name: string, parkedId: string): Statement => ({
  name: 'subscription_parked_tenant',
  text: 'select p.tenant_id from trickle_subscriptions_state.parked p where p.name = $1 and p.parked_id = $2',
  values: [name, parkedId],
})

/** Columns: parked_id, tenant_id, stream_id, version, event_id, source, type, attempts, error, state, parked_at. */
export const selectParked = (name: string, after: string, limit: number): Statement => ({
  name: 'subscription_parked',
  text: `select p.parked_id, p.tenant_id, p.stream_id, p.version, p.event_id, p.source, p.type, p.attempts, p.error, p.state, p.parked_at
    from trickle_subscriptions_state.parked p
    where p.name = $1 and p.state <> 'skipped' and p.parked_id > $2 order by p.parked_id limit $3`,
  values: [name, after, limit],
})
