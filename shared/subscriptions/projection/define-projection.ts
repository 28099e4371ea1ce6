import type { Statement } from '../../postgres/index.ts'
import { checkedSubscription } from '../define.ts'
import type { Subscription, SubscriptionOptions } from '../define.ts'
import type { SubscriptionEvent } from '../run/subscription-event.ts'

/**
 * Keeps tables of the same database up to date, exactly once. It has one member, whose tenants are worked on beside each
 * other: shared among more, a tenant's events would come in more than one order.
 */
export interface ProjectionDefinition extends Omit<SubscriptionOptions, 'attemptTimeoutMs'> {
  /**
   * What to write for events of one tenant, all of which are new and in the order of the feed. It must be a pure function:
   * it is called again for the same events when their transaction fails, and also for some of them alone. All its
   * statements are one transaction that is bound to the tenant; nothing is read of their answers. No appends, which must
   * be the first write of a transaction of their own.
   */
  project(events: readonly SubscriptionEvent[], tenantId: string): readonly Statement[]
}

/**
 * Checks a projection and fills in its defaults. List it where subscriptions are listed.
 * @throws TrickleError CONFIGURATION_INVALID
 */
export const defineProjection = (definition: ProjectionDefinition): Subscription =>
  checkedSubscription(definition, definition)
