/** Events that are set aside: table `parked`. */
import {
  arrayOf,
  boolean,
  columns,
  integer,
  oneOf,
  orElse,
  orNull,
  text,
  timestamp,
} from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'
import type { Holder } from '../lease/statements.ts'
import { changedColumns } from '../operations/statements.ts'
import type { Changed } from '../operations/statements.ts'
import { feedEventColumns } from '../run/feed-event.ts'

const replayColumns = columns({
  ...feedEventColumns,
  parkedId: text,
  /** The log still holds the event that was set aside. */
  isThere: boolean,
})

export type Replay = RowOf<typeof replayColumns>

export const takeReplays = (holder: Holder, limit: number): Statement<Replay> => ({
  name: 'subscription_take_replays',
  text: `select ${replayColumns.of('r')} from trickle_subscriptions_state.take_replays($1, $2, $3) r`,
  columns: replayColumns,
  values: [holder.name, holder.member, limit],
})

/** Null when the lease is lost, or an operator has decided otherwise about the event. */
const attemptsColumns = columns({ attempts: orNull(integer) })

export type ReplayStep = 'begin' | 'done' | 'failed' | 'later'

export const replayStep = (
  holder: Holder,
  parkedId: string,
  step: ReplayStep,
  error: string | null,
  retryAfterMs: number | null,
): Statement<RowOf<typeof attemptsColumns>> => ({
  name: 'subscription_replay_step',
  text: 'select trickle_subscriptions_state.replay_step($1, $2, $3, $4, $5, $6, $7) as attempts',
  columns: attemptsColumns,
  values: [holder.name, holder.member, holder.fence, parkedId, step, error, retryAfterMs],
})

export const decideParked = (
  name: string,
  parkedId: string,
  decision: 'replay' | 'skip',
): Statement<Changed> => ({
  name: 'subscription_decide_parked',
  text: 'select trickle_subscriptions_state.decide_parked($1, $2, $3) as outcome',
  columns: changedColumns,
  values: [name, parkedId, decision],
})

const replayedColumns = columns({
  outcome: oneOf('done', 'not-found'),
  events: orElse(integer, 0),
  nextAfter: orNull(text),
  tenantIds: orElse(arrayOf(text), []),
})

export const replayParked = (
  name: string,
  after: string,
  limit: number,
): Statement<RowOf<typeof replayedColumns>> => ({
  name: 'subscription_replay_parked',
  text: `select ${replayedColumns.of('r')} from trickle_subscriptions_state.replay_parked($1, $2, $3) r`,
  columns: replayedColumns,
  values: [name, after, limit],
})

const parkedTenantColumns = columns({ tenantId: text })

export const selectParkedTenant = (
  name: string,
  parkedId: string,
): Statement<RowOf<typeof parkedTenantColumns>> => ({
  name: 'subscription_parked_tenant',
  text: 'select p.tenant_id from trickle_subscriptions_state.parked p where p.name = $1 and p.parked_id = $2',
  columns: parkedTenantColumns,
  values: [name, parkedId],
})

const parkedColumns = columns({
  parkedId: text,
  tenantId: text,
  streamId: text,
  version: integer,
  eventId: text,
  source: text,
  type: text,
  attempts: integer,
  /** The error of the last attempt; '' for an event that waits. */
  error: text,
  state: oneOf('parked', 'waiting', 'replay'),
  parkedAt: timestamp,
})

export type ParkedEvent = RowOf<typeof parkedColumns>

export const selectParked = (name: string, after: string, limit: number): Statement<ParkedEvent> => ({
  name: 'subscription_parked',
  text: `select ${parkedColumns.of('p')}
    from trickle_subscriptions_state.parked p
    where p.name = $1 and p.state <> 'skipped' and p.parked_id > $2 order by p.parked_id limit $3`,
  columns: parkedColumns,
  values: [name, after, limit],
})
