import type { Route } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { appendAllRoute } from './append-all.ts'
import { appendRoute } from './append.ts'
import { importRoute } from './import.ts'
import { longHeldPermits } from './long-held.ts'
import { readFeedRoute } from './read-feed.ts'
import { readStreamRoute } from './read-stream.ts'
import type { EventServices } from './services.ts'
import { streamInfoRoute } from './stream-info.ts'

export function eventRoutes(services: () => EventServices): Route<TenantContext>[] {
  // One set for all routes: those who wait for a stream and those who wait for the feed share the permits of this
  // instance.
  const permits = longHeldPermits(() => services().settings.TRICKLE_EVENTS_SSE_VIEWERS_MAX)
  return [
    appendRoute(services),
    appendAllRoute(services),
    readStreamRoute(services, permits),
    streamInfoRoute(services),
    readFeedRoute(services, permits),
    importRoute(services, permits),
  ]
}
