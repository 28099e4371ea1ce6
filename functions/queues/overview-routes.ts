import { reply } from '../../shared/http/index.ts'
import { common, defineOperatorRoute, REPAIR_DEADLINE_MS } from './operator-route.ts'
import { queuesOverview } from './overview.ts'
import { queuesSchema } from './schemas.ts'
import type { QueueServices } from './services.ts'

type OverviewServices = () => Pick<QueueServices, 'queues' | 'parked' | 'serviceBus' | 'clock'>

export const overviewRoutes = (services: OverviewServices) => [listRoute(services)]

const listRoute = (services: OverviewServices) =>
  defineOperatorRoute({
    ...common,
    name: 'list-queues',
    method: 'GET',
    path: '/api/operations/queues',
    summary: 'List the queues, and what waits in each',
    description:
      'Messages and dead letters are looked at one by one and counted up to 1,000: Azure has exact numbers as metrics. Parked messages are those that could not be handled as they are; they are in PostgreSQL.',
    request: {},
    responses: { 200: { description: 'By name', schema: queuesSchema } },
    deadlineMs: REPAIR_DEADLINE_MS,
    async handler() {
      const { queues, parked, serviceBus, clock } = services()
      return reply(200, {
        json: await queuesOverview(queues, await parked.open(), serviceBus, clock.nowMs()),
      })
    },
  })
