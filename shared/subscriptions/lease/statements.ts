/** The lease of a member: table `members`. */
import { bigint, boolean, columns, integer, noColumns, oneOf, orNull, text } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'
import type { FeedPosition } from '../feed-position.ts'

/** Every change by a holder names these: its member and its fence. */
export interface Holder {
  readonly name: string
  readonly member: number
  readonly fence: bigint
}

/** Columns that a refusal does not have are null. */
const acquiredColumns = columns({
  outcome: oneOf('acquired', 'busy', 'waiting', 'resizing', 'gone', 'paused', 'stopped'),
  fence: orNull(bigint),
  epoch: orNull(text),
  generation: orNull(integer),
  xid: orNull(bigint),
  position: orNull(bigint),
  failures: orNull(integer),
  crashes: orNull(integer),
})

export type Acquisition = RowOf<typeof acquiredColumns>

export const acquire = (
  name: string,
  member: number,
  owner: string,
  leaseMs: number,
): Statement<Acquisition> => ({
  name: 'subscription_acquire',
  text: `select ${acquiredColumns.of('a')} from trickle_subscriptions_state.acquire($1, $2, $3, $4) a`,
  columns: acquiredColumns,
  values: [name, member, owner, leaseMs],
})

/** Whether the lease was still held. A holder that has lost it changes nothing. */
const heldColumns = columns({ isHeld: boolean })

type HeldStatement = Statement<RowOf<typeof heldColumns>>

export const renew = (name: string, member: number, fence: bigint, leaseMs: number): HeldStatement => ({
  name: 'subscription_renew',
  text: 'select trickle_subscriptions_state.renew($1, $2, $3, $4) as is_held',
  columns: heldColumns,
  values: [name, member, fence, leaseMs],
})

export const advance = (
  holder: Holder,
  from: FeedPosition,
  to: FeedPosition,
  leaseMs: number,
): HeldStatement => ({
  name: 'subscription_advance',
  text: 'select trickle_subscriptions_state.advance($1, $2, $3, $4, $5, $6, $7, $8) as is_held',
  columns: heldColumns,
  values: [holder.name, holder.member, holder.fence, from.xid, from.position, to.xid, to.position, leaseMs],
})

export const release = (holder: Holder, error: string | null, retryAfterMs: number): Statement => ({
  name: 'subscription_release',
  text: 'select trickle_subscriptions_state.release($1, $2, $3, $4, $5)',
  columns: noColumns,
  values: [holder.name, holder.member, holder.fence, error, retryAfterMs],
})

export const stop = (holder: Holder, error: string): Statement => ({
  name: 'subscription_stop',
  text: 'select trickle_subscriptions_state.stop($1, $2, $3, $4)',
  columns: noColumns,
  values: [holder.name, holder.member, holder.fence, error],
})
