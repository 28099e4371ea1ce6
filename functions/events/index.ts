/** Events: append, read a stream, follow a tenant's feed, import. What an event is and how it is kept is shared/event-store's. */
import type { Route } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Services } from '../services.ts'
import { appendAllRoute } from './append-all.ts'
import { appendRoute } from './append.ts'
import { importRoute } from './import.ts'
import { readFeedRoute, readStreamRoute, streamInfoRoute } from './read.ts'

export const eventRoutes = (services: () => Services): Route<TenantContext>[] => [
  appendRoute(services),
  appendAllRoute(services),
  readStreamRoute(services),
  streamInfoRoute(services),
  readFeedRoute(services),
  importRoute(services),
]
