import type { Statement } from '../postgres/index.ts'

export interface FeedPosition {
  readonly xid: bigint
  readonly position: bigint
}

/** Columns: outcome, fence, epoch, xid, position, failures. */
export const acquire = (name: string, owner: string, leaseMs: number): Statement => ({
  name: 'subscription_acquire',
  text: 'select a.outcome, a.fence, a.epoch, a.xid, a."position", a.failures from trickle_subscriptions_state.acquire($1, $2, $3) a',
  values: [name, owner, leaseMs],
})

/** One column: 'true' when the lease is still held. */
export const renew = (name: string, fence: bigint, leaseMs: number): Statement => ({
  name: 'subscription_renew',
  text: 'select trickle_subscriptions_state.renew($1, $2, $3)::text',
  values: [name, fence, leaseMs],
})

export const advance = (
  name: string,
  fence: bigint,
  from: FeedPosition,
  to: FeedPosition,
  leaseMs: number,
): Statement => ({
  name: 'subscription_advance',
  text: 'select trickle_subscriptions_state.advance($1, $2, $3, $4, $5, $6, $7)::text',
  values: [name, fence, from.xid, from.position, to.xid, to.position, leaseMs],
})

export const release = (
  name: string,
  fence: bigint,
  error: string | null,
  retryAfterMs: number,
): Statement => ({
  name: 'subscription_release',
  text: 'select trickle_subscriptions_state.release($1, $2, $3, $4)::text',
  values: [name, fence, error, retryAfterMs],
})

export const stop = (name: string, fence: bigint, error: string): Statement => ({
  name: 'subscription_stop',
  text: 'select trickle_subscriptions_state.stop($1, $2, $3)::text',
  values: [name, fence, error],
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
