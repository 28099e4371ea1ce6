import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import { defineRouteFor, nextPageSchema, reply, wholeNumber } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { parkedEventSchema, replayedSchema, subscriptionParams } from './schemas.ts'
import type { OperationServices } from './services.ts'

type SubscriptionServices = () => Pick<OperationServices, 'subscriptionOperations'>

/** A page of parked events; the same bound as for pages of events. */
const PAGE_MAX = 1_000
const PAGE_USUAL = 100

const defineOperatorRoute = defineRouteFor<TenantContext>()
const common = { tags: ['Operations'], access: { kind: 'operator' } } as const

/** A number of the database, so at most 18 digits: 19 may be more than it can hold. */
const parkedIdSchema = z
  .string()
  .regex(/^\d{1,18}$/, { error: 'is no id of a parked event' })
  .describe('`parkedId` of the list.')

export const parkedRoutes = (services: SubscriptionServices) => [
  listRoute(services),
  verbRoute(services, 'replay'),
  verbRoute(services, 'skip'),
  replayAllRoute(services),
]

const listRoute = (services: SubscriptionServices) =>
  defineOperatorRoute({
    ...common,
    name: 'list-parked-events',
    method: 'GET',
    path: '/api/operations/subscriptions/{name}/parked',
    summary: 'List the events that a subscription has set aside',
    description:
      'Events whose handling failed for good, and later ones of their streams that wait for them. What the events say is not shown.',
    request: {
      params: subscriptionParams,
      query: z.object({
        after: parkedIdSchema.optional().describe('`next` of the page before.'),
        limit: wholeNumber({ min: 1, max: PAGE_MAX }).default(PAGE_USUAL),
      }),
    },
    responses: {
      200: {
        description: 'A page',
        schema: z
          .object({ events: z.array(parkedEventSchema), next: nextPageSchema(z.string().nullable()) })
          .meta({ id: 'ParkedEvents' }),
        headers: { Link: { description: 'The next page, `rel="next"`' } },
      },
    },
    errors: ['SUBSCRIPTION_NOT_FOUND'],
    async handler({ params, query: { after, limit } }) {
      const page = await services().subscriptionOperations.parked(params.name, {
        ...(after === undefined ? {} : { after }),
        limit,
      })
      const path = `/api/operations/subscriptions/${encodeURIComponent(params.name)}/parked`
      const next = `<${path}?after=${page.next}&limit=${limit}>; rel="next"`
      return reply(200, { json: page, headers: page.next === null ? {} : { Link: next } })
    },
  })

const verbRoute = (services: SubscriptionServices, verb: 'replay' | 'skip') =>
  defineOperatorRoute({
    ...common,
    name: `${verb}-parked-event`,
    method: 'POST',
    path: `/api/operations/subscriptions/{name}/parked/{parkedId}/${verb}`,
    summary: verb === 'replay' ? 'Handle a parked event again' : 'Give a parked event up',
    description:
      verb === 'replay'
        ? 'Marks it; the next run of the subscription handles it. One that waits for an earlier event of its stream is refused.'
        : 'For good, and on record. Its stream goes on with what waited for it.',
    request: { params: subscriptionParams.extend({ parkedId: parkedIdSchema }) },
    responses: { 204: { description: 'It is done' } },
    errors: ['SUBSCRIPTION_NOT_FOUND', 'PARKED_EVENT_NOT_FOUND', 'SUBSCRIPTION_STATE_CONFLICT'],
    async handler({ params, caller, traceId }) {
      const { subscriptionOperations } = services()
      const action = operatorAction(`${verb}-parked-event`, caller, traceId)
      await subscriptionOperations[verb](params.name, params.parkedId, action)
      return reply(204)
    },
  })

const replayAllRoute = (services: SubscriptionServices) =>
  defineOperatorRoute({
    ...common,
    name: 'replay-parked-events',
    method: 'POST',
    path: '/api/operations/subscriptions/{name}/parked/replay',
    summary: 'Handle all parked events again',
    description:
      'Marks parked events, the oldest first; the next run of the subscription handles them, and then what waits for them. ' +
      'Go on with `after` = `next` until it is null: so each event is marked once, also one that fails again meanwhile. ' +
      'A repeated call marks nothing twice.',
    request: {
      params: subscriptionParams,
      body: {
        kind: 'json',
        schema: z
          .strictObject({
            after: parkedIdSchema.optional().describe('`next` of the call before.'),
            limit: z.int().min(1).max(PAGE_MAX).default(PAGE_USUAL),
          })
          .meta({ id: 'ReplayRange' }),
        maxBytes: 4_096,
        example: { limit: PAGE_USUAL },
      },
    },
    responses: { 200: { description: 'They are marked', schema: replayedSchema } },
    errors: ['SUBSCRIPTION_NOT_FOUND'],
    async handler({ params, body: { after, limit }, caller, traceId }) {
      const range = { ...(after === undefined ? {} : { after }), limit }
      const action = operatorAction('replay-parked-events', caller, traceId)
      return reply(200, {
        json: await services().subscriptionOperations.replayAll(params.name, range, action),
      })
    },
  })
