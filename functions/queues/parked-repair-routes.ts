import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import { queueErrors } from './errors.ts'
import {
  common,
  defineOperatorRoute,
  nameOf,
  orderOf,
  REPAIR_DEADLINE_MS,
  repairReply,
} from './operator-route.ts'
import { parkedOf } from './parked-routes.ts'
import {
  discardSchema,
  messageParams,
  parkedRangeSchema,
  queueParam,
  REPAIRED_MAX,
  repairedSchema,
  RESUBMIT_BYTES_MAX,
  resubmitSchema,
} from './schemas.ts'
import { knownQueue } from './services.ts'
import type { QueueServices } from './services.ts'

type RepairServices = () => Pick<QueueServices, 'queues' | 'parked' | 'parkedRepair'>

const RANGE_BYTES_MAX = 16_384
const answers = { 200: { description: 'What became of each', schema: repairedSchema } } as const
const queueParams = z.object({ queue: queueParam })

export const parkedRepairRoutes = (services: RepairServices) => [
  resubmitRoute(services),
  resubmitAllRoute(services),
  discardRoute(services),
  discardAllRoute(services),
]

const resubmitRoute = (services: RepairServices) =>
  defineOperatorRoute({
    ...common,
    name: 'resubmit-parked-message',
    method: 'POST',
    path: '/api/operations/queues/{queue}/parked/{id}/resubmit',
    summary: 'Send a parked message to its queue again, as it was or with another body',
    description:
      'It keeps its application properties and its session. A message that was decided about before is not sent again, so the request may be repeated after a lost answer. Should a message be sent twice nevertheless, the second one finds the receipt of the first and does nothing.',
    request: {
      params: messageParams,
      body: { kind: 'json', schema: resubmitSchema, maxBytes: RESUBMIT_BYTES_MAX, example: { dryRun: true } },
    },
    responses: answers,
    errors: [
      'PARKED_MESSAGE_NOT_FOUND',
      queueErrors.QUEUE_NOT_FOUND,
      'MESSAGE_TOO_LARGE',
      'SERVICE_BUS_UNAVAILABLE',
    ],
    deadlineMs: REPAIR_DEADLINE_MS,
    async handler({ params: { queue, id }, body: { dryRun, body }, caller, traceId, deadlineAtMs }) {
      const { queues, parked, parkedRepair } = services()
      const message = await parkedOf(parked, queue, id)
      const repaired = await parkedRepair.resubmit(
        orderOf(dryRun, deadlineAtMs),
        knownQueue(queues, queue),
        message,
        body === undefined ? null : Buffer.from(body),
        { by: nameOf(caller), action: operatorAction('resubmit-parked-message', caller, traceId) },
      )
      return repairReply(dryRun, repaired)
    },
  })

const resubmitAllRoute = (services: RepairServices) =>
  defineOperatorRoute({
    ...common,
    name: 'resubmit-parked-messages',
    method: 'POST',
    path: '/api/operations/queues/{queue}/parked/resubmit',
    summary: 'Send parked messages to their queue again',
    description:
      'Those that wait for a decision and fit the filter, the oldest first, up to `limit` of them. Go on with `after` = `next` until it is null. A message that would be parked at once is refused and stays. A repeated call sends nothing twice that was recorded.',
    request: {
      params: queueParams,
      body: {
        kind: 'json',
        schema: parkedRangeSchema,
        maxBytes: RANGE_BYTES_MAX,
        example: { reason: 'TENANT_SUSPENDED', limit: REPAIRED_MAX },
      },
    },
    responses: answers,
    errors: [queueErrors.QUEUE_NOT_FOUND, 'SERVICE_BUS_UNAVAILABLE'],
    deadlineMs: REPAIR_DEADLINE_MS,
    async handler({ params: { queue }, body: { dryRun, ...range }, caller, traceId, deadlineAtMs }) {
      const { queues, parkedRepair } = services()
      const decider = {
        by: nameOf(caller),
        action: operatorAction('resubmit-parked-messages', caller, traceId),
      }
      const order = orderOf(dryRun, deadlineAtMs)
      return repairReply(
        dryRun,
        await parkedRepair.resubmitAll(order, knownQueue(queues, queue), range, decider),
      )
    },
  })

const discardRoute = (services: RepairServices) =>
  defineOperatorRoute({
    ...common,
    name: 'discard-parked-message',
    method: 'POST',
    path: '/api/operations/queues/{queue}/parked/{id}/discard',
    summary: 'Give a parked message up',
    description: 'On record. Its row is kept, and can be shown.',
    request: {
      params: messageParams,
      body: { kind: 'json', schema: discardSchema, maxBytes: RANGE_BYTES_MAX, example: {} },
    },
    responses: answers,
    errors: ['PARKED_MESSAGE_NOT_FOUND'],
    async handler({ params: { queue, id }, body: { dryRun }, caller, traceId, deadlineAtMs }) {
      const { parked, parkedRepair } = services()
      const message = await parkedOf(parked, queue, id)
      const action = operatorAction('discard-parked-message', caller, traceId)
      const order = orderOf(dryRun, deadlineAtMs)
      return repairReply(dryRun, await parkedRepair.discard(order, message, { by: nameOf(caller), action }))
    },
  })

const discardAllRoute = (services: RepairServices) =>
  defineOperatorRoute({
    ...common,
    name: 'discard-parked-messages',
    method: 'POST',
    path: '/api/operations/queues/{queue}/parked/discard',
    summary: 'Give parked messages up',
    description:
      'Those that wait for a decision and fit the filter, the oldest first, up to `limit` of them. Go on with `after` = `next` until it is null. Their rows are kept.',
    request: {
      params: queueParams,
      body: {
        kind: 'json',
        schema: parkedRangeSchema,
        maxBytes: RANGE_BYTES_MAX,
        example: { reason: 'MALFORMED_JSON', dryRun: true },
      },
    },
    responses: answers,
    async handler({ params: { queue }, body: { dryRun, ...range }, caller, traceId, deadlineAtMs }) {
      const action = operatorAction('discard-parked-messages', caller, traceId)
      const decider = { by: nameOf(caller), action }
      const order = orderOf(dryRun, deadlineAtMs)
      return repairReply(dryRun, await services().parkedRepair.discardAll(order, queue, range, decider))
    },
  })
