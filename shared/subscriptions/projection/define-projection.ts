import type { Statement } from '../../postgres/index.ts'
import { checkedSubscription } from '../define.ts'
import type { Subscription, SubscriptionOptions } from '../define.ts'
import type { SubscriptionEvent } from '../run/subscription-event.ts'

/**
 * Keeps tables of the same database up to date, exactly once. It has one member, which works on many tenants at a time.
 * With more members, the streams of a tenant would be shared, and its events would come in another order than in the
 * feed.
 */
export interface ProjectionDefinition extends Omit<SubscriptionOptions, 'attemptTimeoutMs'> {
  /**
   * Returns what to write for events of one tenant. All of them are new, and in the order of the feed. It must be a
   * pure function: when their transaction fails, it is called again for the same events, and also for some of them
   * alone. All its statements are one transaction that is bound to the tenant; no answers are read. They must not
   * append events: an append must be the first write of its own transaction.
   */
  project(events: readonly SubscriptionEvent[], tenantId: string): readonly Statement[]
}

/**
 * Checks a projection and fills in its defaults. List it where subscriptions are listed.
 * @throws TrickleError CONFIGURATION_INVALID
 */
export const defineProjection = (definition: ProjectionDefinition): Subscription =>
  checkedSubscription(definition, definition)
