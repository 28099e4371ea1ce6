import type { Route } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { actionRoutes } from './action-routes.ts'
import { logRoutes } from './log-routes.ts'
import { parkedRoutes } from './parked-routes.ts'
import { sealKeyRoutes } from './seal-key-routes.ts'
import type { OperationServices } from './services.ts'
import { subscriptionRoutes } from './subscription-routes.ts'

export const operationRoutes = (services: () => OperationServices): Route<TenantContext>[] => [
  ...logRoutes(services),
  ...sealKeyRoutes(services),
  ...subscriptionRoutes(services),
  ...parkedRoutes(services),
  ...actionRoutes(services),
]
