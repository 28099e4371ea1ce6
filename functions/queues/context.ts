/**
 * What an operator does about messages of queues that failed: parked ones, which are in PostgreSQL, and dead letters,
 * which are in Service Bus. Every route requires the role operator. The content of a message is shown by the routes that
 * show one message, and nowhere else; it is never logged.
 */
import { defineContext } from '../define-context.ts'
import { queueErrors } from './errors.ts'
import { reportParked } from './report-parked.ts'
import { queueRoutes } from './routes.ts'
import { queueServices } from './services.ts'

export const queues = defineContext({
  name: 'queues',
  tags: { Queues: 'For operators: messages of queues that failed, and what becomes of them.' },
  errors: queueErrors,
  services: queueServices,
  routes: queueRoutes,
  timers: (services) => [
    {
      name: 'parked-messages',
      // Each run wakes an instance, and a person looks at an alert no sooner.
      schedule: '0 */15 * * * *',
      run: (log) => reportParked(services().parkedByWorker, services().clock.nowMs(), log),
    },
  ],
})
