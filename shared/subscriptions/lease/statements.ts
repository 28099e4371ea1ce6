import type { Statement } from '../../postgres/index.ts'

export interface FeedPosition {
  readonly xid: bigint
  readonly position: bigint
}

/** What every change by a holder names. */
export interface Holder {
  readonly name: string
  readonly member: number
  readonly fence: bigint
}

/** One column: the number of members. */
export const register = (
  name: string,
  isGroup: boolean,
  types: readonly string[] | null,
  streamTypes: readonly string[] | null,
  fromNow: boolean,
): Statement => ({
  name: 'subscription_register',
  text: 'select trickle_subscriptions_state.register($1, $2, $3, $4, $5)',
  values: [name, isGroup, types, streamTypes, fromNow],
})

/** Columns: outcome, fence, epoch, generation, xid, position, failures, crashes. */
export const acquire = (name: string, member: number, owner: string, leaseMs: number): Statement => ({
  name: 'subscription_acquire',
  text: `select a.outcome, a.fence, a.epoch, a.generation, a.xid, a."position", a.failures, a.crashes
    from trickle_subscriptions_state.acquire($1, $2, $3, $4) a`,
  values: [name, member, owner, leaseMs],
})

/** One column: 'true' when the lease is still held. */
export const renew = (name: string, member: number, fence: bigint, leaseMs: number): Statement => ({
  name: 'subscription_renew',
  text: 'select trickle_subscriptions_state.renew($1, $2, $3, $4)::text',
  values: [name, member, fence, leaseMs],
})

export const advance = (
  holder: Holder,
  from: FeedPosition,
  to: FeedPosition,
  leaseMs: number,
): Statement => ({
  name: 'subscription_advance',
  text: 'select trickle_subscriptions_state.advance($1, $2, $3, $4, $5, $6, $7, $8)::text',
  values: [holder.name, holder.member, holder.fence, from.xid, from.position, to.xid, to.position, leaseMs],
})

export const release = (holder: Holder, error: string | null, retryAfterMs: number): Statement => ({
  name: 'subscription_release',
  text: 'select trickle_subscriptions_state.release($1, $2, $3, $4, $5)::text',
  values: [holder.name, holder.member, holder.fence, error, retryAfterMs],
})

export const stop = (holder: Holder, error: string): Statement => ({
  name: 'subscription_stop',
  text: 'select trickle_subscriptions_state.stop($1, $2, $3, $4)::text',
  values: [holder.name, holder.member, holder.fence, error],
})

export interface ReadFeedParameters {
  readonly after: FeedPosition
  /** Ends the page there, inclusive, instead of at the horizon. */
  readonly until: FeedPosition | null
  readonly limit: number
  readonly bytesMax: number
}

export const readFeed = ({ after, until, limit, bytesMax }: ReadFeedParameters): Statement => ({
  name: 'read_feed',
  text: 'select * from trickle_events_log.read_feed($1, $2, $3, $4, $5, $6)',
  values: [after.xid, after.position, until?.xid ?? null, until?.position ?? null, limit, bytesMax],
})
