import { z } from 'zod'
import { TrickleError } from '../../shared/errors/index.ts'
import { reply } from '../../shared/http/index.ts'
import type { ParkedMessage, ParkedMessages } from '../../shared/messages/index.ts'
import { queueErrors } from './errors.ts'
import { common, defineOperatorRoute, linkHeader, pageReply } from './operator-route.ts'
import { prepareParked } from './prepare.ts'
import { messageParams, parkedPageSchema, parkedQuery, queueParam, shownParkedSchema } from './schemas.ts'
import { knownQueue } from './services.ts'
import type { QueueServices } from './services.ts'
import { listedParked, shownParked } from './shown.ts'

type ParkedServices = () => Pick<QueueServices, 'queues' | 'parked'>

export const parkedRoutes = (services: ParkedServices) => [listRoute(services), showRoute(services)]

const listRoute = (services: ParkedServices) =>
  defineOperatorRoute({
    ...common,
    name: 'list-parked-messages',
    method: 'GET',
    path: '/api/operations/queues/{queue}/parked',
    summary: 'List the parked messages of a queue',
    description:
      'Messages that could not be handled as they are, in the order in which they were first parked. What they say is not shown.',
    request: { params: z.object({ queue: queueParam }), query: parkedQuery },
    responses: { 200: { description: 'A page', schema: parkedPageSchema, headers: linkHeader } },
    errors: [queueErrors.QUEUE_NOT_FOUND],
    async handler({ params: { queue }, query }) {
      const { queues, parked } = services()
      const { state, after, reason, tenantId, limit } = query
      const { messages, next } = await parked.list({
        queue,
        state: state === 'all' ? null : state,
        reason: reason ?? null,
        tenantId: tenantId ?? null,
        after: after ?? '0',
        limit,
      })
      // A queue of an earlier version may have messages here.
      if (messages.length === 0) knownQueue(queues, queue)
      const path = `/api/operations/queues/${encodeURIComponent(queue)}/parked`
      return pageReply(path, query, { messages: messages.map(listedParked), next })
    },
  })

const showRoute = (services: ParkedServices) =>
  defineOperatorRoute({
    ...common,
    name: 'show-parked-message',
    method: 'GET',
    path: '/api/operations/queues/{queue}/parked/{id}',
    summary: 'Show a parked message with its content',
    request: { params: messageParams },
    responses: { 200: { description: 'The message', schema: shownParkedSchema } },
    errors: ['PARKED_MESSAGE_NOT_FOUND'],
    async handler({ params: { queue, id } }) {
      const { queues, parked } = services()
      const message = await parkedOf(parked, queue, id)
      const known = queues.get(queue)
      const { problems } = known === undefined ? { problems: [] } : await prepareParked(message, known, null)
      return reply(200, { json: shownParked(message, problems) })
    },
  })

/** @throws TrickleError PARKED_MESSAGE_NOT_FOUND, also for a message of another queue */
export async function parkedOf(
  parked: Pick<ParkedMessages, 'get'>,
  queue: string,
  id: string,
): Promise<ParkedMessage> {
  const message = await parked.get(id)
  if (message.queue === queue) return message
  throw new TrickleError(
    'PARKED_MESSAGE_NOT_FOUND',
    `${queue} has no parked message ${id}. One of ${message.queue} has this id.`,
  )
}
