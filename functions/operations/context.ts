/**
 * What an operator sees of a running Trickle and does with it: the log (what holds the feed, epochs, the keys that seal
 * tokens), its subscriptions, and what operators did. Every route requires the role operator; none shows the content of
 * an event.
 */
import { defineContext } from '../define-context.ts'
import { operationRoutes } from './routes.ts'
import { operationServices } from './services.ts'

export const operations = defineContext({
  name: 'operations',
  tags: { Operations: 'For operators: the log, its subscriptions, and what operators did.' },
  services: operationServices,
  routes: operationRoutes,
})
