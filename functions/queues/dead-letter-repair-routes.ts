import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import { deadLetterOf } from './dead-letter-routes.ts'
import { queueErrors } from './errors.ts'
import { common, defineOperatorRoute, orderOf, REPAIR_DEADLINE_MS, repairReply } from './operator-route.ts'
import {
  deadLetterRangeSchema,
  discardSchema,
  messageParams,
  queueParam,
  REPAIRED_MAX,
  repairedSchema,
  RESUBMIT_BYTES_MAX,
  resubmitSchema,
} from './schemas.ts'
import { knownQueue } from './services.ts'
import type { QueueServices } from './services.ts'

type RepairServices = () => Pick<QueueServices, 'queues' | 'deadLetters' | 'deadLetterRepair'>

const RANGE_BYTES_MAX = 16_384
const answers = { 200: { description: 'What became of each', schema: repairedSchema } } as const
const errors = [queueErrors.QUEUE_NOT_FOUND, 'SERVICE_BUS_UNAVAILABLE'] as const

export const deadLetterRepairRoutes = (services: RepairServices) => [
  resubmitRoute(services),
  rangeRoute(services, 'resubmit'),
  discardRoute(services),
  rangeRoute(services, 'discard'),
]

const resubmitRoute = (services: RepairServices) =>
  defineOperatorRoute({
    ...common,
    name: 'resubmit-dead-letter',
    method: 'POST',
    path: '/api/operations/queues/{queue}/dead-letters/{id}/resubmit',
    summary: 'Send a dead letter to its queue again, as it was or with another body',
    description:
      'It keeps its application properties and its session. It is sent first and removed from the dead-letter queue after that, so it is never lost; should it be sent twice, the second one finds the receipt of the first and does nothing. When it is gone, a repeated request is answered 404.',
    request: {
      params: messageParams,
      body: { kind: 'json', schema: resubmitSchema, maxBytes: RESUBMIT_BYTES_MAX, example: { dryRun: true } },
    },
    responses: answers,
    errors: [...errors, queueErrors.DEAD_LETTER_NOT_FOUND, 'MESSAGE_TOO_LARGE'],
    deadlineMs: REPAIR_DEADLINE_MS,
    async handler({ params: { queue, id }, body: { dryRun, body }, caller, traceId, deadlineAtMs }) {
      const { queues, deadLetters, deadLetterRepair } = services()
      const known = knownQueue(queues, queue)
      const repaired = await deadLetterRepair.resubmit(
        orderOf(dryRun, deadlineAtMs),
        known,
        await deadLetterOf(deadLetters, queue, id),
        body === undefined ? null : Buffer.from(body),
        operatorAction('resubmit-dead-letter', caller, traceId),
      )
      return repairReply(dryRun, repaired)
    },
  })

const discardRoute = (services: RepairServices) =>
  defineOperatorRoute({
    ...common,
    name: 'discard-dead-letter',
    method: 'POST',
    path: '/api/operations/queues/{queue}/dead-letters/{id}/discard',
    summary: 'Remove a dead letter for good',
    description: 'On record; what it said is kept nowhere.',
    request: {
      params: messageParams,
      body: { kind: 'json', schema: discardSchema, maxBytes: RANGE_BYTES_MAX, example: { dryRun: true } },
    },
    responses: answers,
    errors: [...errors, queueErrors.DEAD_LETTER_NOT_FOUND],
    deadlineMs: REPAIR_DEADLINE_MS,
    async handler({ params: { queue, id }, body: { dryRun }, caller, traceId, deadlineAtMs }) {
      const { queues, deadLetters, deadLetterRepair } = services()
      const known = knownQueue(queues, queue)
      const letter = await deadLetterOf(deadLetters, queue, id)
      const action = operatorAction('discard-dead-letter', caller, traceId)
      const order = orderOf(dryRun, deadlineAtMs)
      return repairReply(dryRun, await deadLetterRepair.discard(order, known, letter, action))
    },
  })

const rangeRoute = (services: RepairServices, verb: 'resubmit' | 'discard') =>
  defineOperatorRoute({
    ...common,
    name: `${verb}-dead-letters`,
    method: 'POST',
    path: `/api/operations/queues/{queue}/dead-letters/${verb}`,
    summary: verb === 'resubmit' ? 'Send dead letters to their queue again' : 'Remove dead letters for good',
    description:
      'Those that fit the filter, the oldest first, up to `limit` of them. Go on with `after` = `next` until it is null. ' +
      (verb === 'resubmit'
        ? 'Each is sent first and removed after that. One that would be parked at once is refused and stays.'
        : 'On record; what they said is kept nowhere.'),
    request: {
      params: z.object({ queue: queueParam }),
      body: {
        kind: 'json',
        schema: deadLetterRangeSchema,
        maxBytes: RANGE_BYTES_MAX,
        example: { reason: 'MaxDeliveryCountExceeded', limit: REPAIRED_MAX },
      },
    },
    responses: answers,
    errors,
    deadlineMs: REPAIR_DEADLINE_MS,
    async handler({ params: { queue }, body: { dryRun, ...range }, caller, traceId, deadlineAtMs }) {
      const { queues, deadLetterRepair } = services()
      const known = knownQueue(queues, queue)
      const action = operatorAction(`${verb}-dead-letters`, caller, traceId)
      const order = orderOf(dryRun, deadlineAtMs)
      const repaired =
        verb === 'resubmit'
          ? await deadLetterRepair.resubmitAll(order, known, range, action)
          : await deadLetterRepair.discardAll(order, known, range, action)
      return repairReply(dryRun, repaired)
    },
  })
