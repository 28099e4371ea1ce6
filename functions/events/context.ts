/**
 * Events: append, read a stream, follow a tenant's feed, import. shared/event-store defines what an event is and how it
 * is kept.
 */
import { defineContext } from '../define-context.ts'
import { eventErrors } from './errors.ts'
import { eventQueues } from './queues.ts'
import { eventRoutes } from './routes.ts'
import { eventServices } from './services.ts'
import { eventSettings } from './settings.ts'

export const events = defineContext({
  name: 'events',
  settings: eventSettings,
  errors: eventErrors,
  tags: { Events: "Append events, read a stream, follow the tenant's feed, import." },
  services: eventServices,
  routes: eventRoutes,
  queues: eventQueues,
})
