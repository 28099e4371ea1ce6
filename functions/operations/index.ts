/**
 * What an operator sees of a running Trickle and does with it: the log (what holds the feed, epochs, the keys that seal tokens) and its
 * subscriptions. Every route requires the role operator; none reads what an event says.
 */
import type { Route } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Services } from '../services.ts'
import { logRoutes } from './log-routes.ts'
import { parkedRoutes } from './parked-routes.ts'
import { sealKeyRoutes } from './seal-key-routes.ts'
import { subscriptionRoutes } from './subscription-routes.ts'

export const operationRoutes = (
  services: () => Pick<Services, 'logOperations' | 'sealKeyOperations' | 'subscriptionOperations'>,
): Route<TenantContext>[] => [
  ...logRoutes(services),
  ...sealKeyRoutes(services),
  ...subscriptionRoutes(services),
  ...parkedRoutes(services),
]
