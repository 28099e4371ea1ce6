import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import type { EpochPoint } from '../../shared/event-store/index.ts'
import { defineRouteFor, markReplayed, reply, timeSchema } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { utcTimeOf } from '../../shared/time/index.ts'
import { epochSchema, logStatusSchema } from './schemas.ts'
import type { OperationServices } from './services.ts'

type LogServices = () => Pick<OperationServices, 'clock' | 'logOperations'>

const defineOperatorRoute = defineRouteFor<TenantContext>()
const common = { tags: ['Operations'], access: { kind: 'operator' } } as const

/**
 * The time of a restore comes from another clock than ours. A time that is further ahead than this is a mistake, for
 * example of the time zone.
 */
const CLOCK_SKEW_MS = 60_000

const newEpochSchema = z
  .strictObject({
    reason: z.string().min(1).max(500).describe('For those who read the list of epochs later.'),
    restoredTo: timeSchema
      .optional()
      .describe(
        'The time (RFC 3339) to which the database was restored: what was recorded before still holds, what was recorded since is new to every consumer. Needed when events were appended since the restore.',
      ),
    from: z
      .enum(['beginning', 'end'])
      .optional()
      .describe(
        '`end` (default): everything that can be read now still holds. `beginning`: every consumer reads everything again.',
      ),
  })
  .refine(({ restoredTo, from }) => restoredTo === undefined || from === undefined, {
    error: 'Give restoredTo or from, not both',
    path: ['from'],
  })
  .meta({ id: 'NewEpoch' })

export const logRoutes = (services: LogServices) => [statusRoute(services), newEpochRoute(services)]

const statusRoute = (services: LogServices) =>
  defineOperatorRoute({
    ...common,
    name: 'log-status',
    method: 'GET',
    path: '/api/operations/log',
    summary: 'See what holds the feed, and the epochs of the log',
    description:
      'Events of transactions below the horizon can be read. `holders` are the running transactions that stop it, the oldest first; `bystanders` run and stop nothing. `eventsBehind` are committed and wait for the horizon.',
    request: {},
    responses: { 200: { description: 'The log at one look', schema: logStatusSchema } },
    async handler({ deadlineAtMs, signal }) {
      return reply(200, { json: await services().logOperations.status({ deadlineAtMs, signal }) })
    },
  })

const newEpochRoute = (services: LogServices) =>
  defineOperatorRoute({
    ...common,
    name: 'begin-log-epoch',
    method: 'POST',
    path: '/api/operations/log/epochs',
    summary: 'Begin a new epoch of the log',
    description:
      'After a restore or a move of the database. Feed cursors and consistency tokens of earlier epochs are answered 410 `EPOCH_ENDED` from now on (tokens within 5 seconds), and subscriptions stop until `resume-at`.',
    request: {
      body: {
        kind: 'json',
        schema: newEpochSchema,
        maxBytes: 16_384,
        example: { reason: 'restored after the outage', restoredTo: '2026-11-21T14:30:00Z' },
      },
    },
    responses: { 201: { description: 'The epoch that is current now', schema: epochSchema } },
    errors: ['LOG_AHEAD_OF_SERVER'],
    idempotency: 'receipt',
    async handler({ body, idempotency, caller, traceId }) {
      const { logOperations, clock } = services()
      const begun = { reason: body.reason, point: pointOf(body, clock.nowMs()) }
      const action = operatorAction('begin-log-epoch', caller, traceId)
      const { result, replayed } = await logOperations.beginEpoch(begun, idempotency, action)
      const answer = reply(201, { json: result })
      return replayed ? markReplayed(answer) : answer
    },
  })

function pointOf({ restoredTo, from }: z.output<typeof newEpochSchema>, nowMs: number): EpochPoint {
  if (restoredTo === undefined) return { from: from ?? 'end' }
  const utc = utcTimeOf(restoredTo, '/restoredTo')
  if (Date.parse(utc) > nowMs + CLOCK_SKEW_MS) {
    throw new TrickleError('VALIDATION_FAILED', 'restoredTo lies in the future.', {
      errors: [{ pointer: '/restoredTo', message: 'lies in the future' }],
    })
  }
  return { restoredTo: utc }
}
