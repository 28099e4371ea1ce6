import { z } from 'zod'
import { TrickleError } from '../../shared/errors/index.ts'
import { reply } from '../../shared/http/index.ts'
import type { DeadLetters, StoredMessage } from '../../shared/service-bus/index.ts'
import { queueErrors } from './errors.ts'
import { common, defineOperatorRoute, linkHeader, pageReply } from './operator-route.ts'
import { prepareDeadLetter } from './prepare.ts'
import {
  deadLetterPageSchema,
  deadLetterQuery,
  messageParams,
  queueParam,
  shownDeadLetterSchema,
} from './schemas.ts'
import { knownQueue } from './services.ts'
import type { QueueServices } from './services.ts'
import { listedDeadLetter, shownDeadLetter } from './shown.ts'

type DeadLetterServices = () => Pick<QueueServices, 'queues' | 'deadLetters'>

export const deadLetterRoutes = (services: DeadLetterServices) => [listRoute(services), showRoute(services)]

const listRoute = (services: DeadLetterServices) =>
  defineOperatorRoute({
    ...common,
    name: 'list-dead-letters',
    method: 'GET',
    path: '/api/operations/queues/{queue}/dead-letters',
    summary: 'List the dead letters of a queue',
    description:
      'Messages that Service Bus has set aside, the oldest first; the id is the sequence number. One page looks at up to 1,000 of them, so with a filter it may be empty and `next` leads on. What they say is not shown.',
    request: { params: z.object({ queue: queueParam }), query: deadLetterQuery },
    responses: { 200: { description: 'A page', schema: deadLetterPageSchema, headers: linkHeader } },
    errors: [queueErrors.QUEUE_NOT_FOUND, 'SERVICE_BUS_UNAVAILABLE'],
    async handler({ params: { queue }, query }) {
      const { queues, deadLetters } = services()
      knownQueue(queues, queue)
      const { after, reason, limit } = query
      const { messages, next } = await deadLetters.page(queue, {
        limit,
        ...(after === undefined ? {} : { after: BigInt(after) }),
        ...(reason === undefined ? {} : { reason }),
      })
      const path = `/api/operations/queues/${encodeURIComponent(queue)}/dead-letters`
      const listed = messages.map((letter) => listedDeadLetter(queue, letter))
      return pageReply(path, query, { messages: listed, next: next === null ? null : String(next) })
    },
  })

const showRoute = (services: DeadLetterServices) =>
  defineOperatorRoute({
    ...common,
    name: 'show-dead-letter',
    method: 'GET',
    path: '/api/operations/queues/{queue}/dead-letters/{id}',
    summary: 'Show a dead letter with its content',
    request: { params: messageParams },
    responses: { 200: { description: 'The dead letter', schema: shownDeadLetterSchema } },
    errors: [queueErrors.QUEUE_NOT_FOUND, queueErrors.DEAD_LETTER_NOT_FOUND, 'SERVICE_BUS_UNAVAILABLE'],
    async handler({ params: { queue, id } }) {
      const { queues, deadLetters } = services()
      const known = knownQueue(queues, queue)
      const letter = await deadLetterOf(deadLetters, queue, id)
      const { problems } = await prepareDeadLetter(letter, known, null)
      return reply(200, { json: shownDeadLetter(queue, letter, problems) })
    },
  })

/** @throws TrickleError DEAD_LETTER_NOT_FOUND */
export async function deadLetterOf(
  deadLetters: Pick<DeadLetters, 'get'>,
  queue: string,
  id: string,
): Promise<StoredMessage> {
  const letter = await deadLetters.get(queue, BigInt(id))
  if (letter !== undefined) return letter
  throw new TrickleError(
    queueErrors.DEAD_LETTER_NOT_FOUND,
    `${queue} has no dead letter ${id}, or has it no more: one that was resubmitted or discarded is gone, and stands among the actions of operators.`,
  )
}
