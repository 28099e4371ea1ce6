import type { Route } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { deadLetterRepairRoutes } from './dead-letter-repair-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import { overviewRoutes } from './overview-routes.ts'
import { parkedRepairRoutes } from './parked-repair-routes.ts'
import { parkedRoutes } from './parked-routes.ts'
import type { QueueServices } from './services.ts'

export const queueRoutes = (services: () => QueueServices): Route<TenantContext>[] => [
  ...overviewRoutes(services),
  ...parkedRoutes(services),
  ...parkedRepairRoutes(services),
  ...deadLetterRoutes(services),
  ...deadLetterRepairRoutes(services),
]
