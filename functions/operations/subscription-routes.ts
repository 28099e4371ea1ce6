import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import type { OperatorAction } from '../../shared/audit/index.ts'
import type { ErrorCode } from '../../shared/errors/index.ts'
import { defineRouteFor, reply } from '../../shared/http/index.ts'
import { INT8_MAX } from '../../shared/postgres/index.ts'
import { MEMBERS_MAX } from '../../shared/subscriptions/index.ts'
import type { ResumePoint, SubscriptionStatus } from '../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { subscriptionParams, subscriptionSchema } from './schemas.ts'
import type { OperationServices } from './services.ts'

type SubscriptionServices = () => Pick<OperationServices, 'subscriptionOperations'>

const defineOperatorRoute = defineRouteFor<TenantContext>()
const common = { tags: ['Operations'], access: { kind: 'operator' } } as const
const answers = {
  200: { description: 'The subscription, as it is now', schema: subscriptionSchema },
} as const

const wholeText = (name: string) =>
  z
    .string()
    .regex(/^\d{1,19}$/, { error: `${name} is a whole number, as a string`, abort: true })
    .transform((text) => BigInt(text))
    .refine((value) => value <= INT8_MAX, { error: `${name} is larger than 64 bits can say` })
    .meta({ type: 'string', pattern: String.raw`^\d{1,19}$` })

const resumePointSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('beginning') }),
    z.strictObject({ kind: z.literal('end') }),
    z.strictObject({ kind: z.literal('epoch-began') }),
    z.strictObject({ kind: z.literal('checkpoint'), xid: wholeText('xid'), position: wholeText('position') }),
  ])
  .meta({ id: 'ResumePoint' })

interface Verb {
  readonly verb: 'pause' | 'resume' | 'reset'
  readonly summary: string
  readonly description: string
  readonly errors: readonly ErrorCode[]
  readonly call: (
    operations: OperationServices['subscriptionOperations'],
    name: string,
    action: OperatorAction,
  ) => Promise<SubscriptionStatus>
}

const verbs: readonly Verb[] = [
  {
    verb: 'pause',
    summary: 'Pause a subscription',
    description:
      'Who works on it stops at the next step. Repeating it changes nothing; one that has stopped by itself is refused.',
    errors: ['SUBSCRIPTION_NOT_FOUND', 'SUBSCRIPTION_STATE_CONFLICT'],
    call: (operations, name, action) => operations.pause(name, action),
  },
  {
    verb: 'resume',
    summary: 'Let a subscription go on',
    description:
      'From its checkpoint, after a pause or a stop. One that stopped because the log began a new epoch is refused: only `resume-at` says where it goes on.',
    errors: ['SUBSCRIPTION_NOT_FOUND', 'SUBSCRIPTION_STATE_CONFLICT'],
    call: (operations, name, action) => operations.resume(name, action),
  },
  {
    verb: 'reset',
    summary: 'Put a subscription back to the beginning of the log',
    description: 'Only while it is paused or stopped. It handles every event again once it is resumed.',
    errors: ['SUBSCRIPTION_NOT_FOUND', 'SUBSCRIPTION_STATE_CONFLICT'],
    call: (operations, name, action) => operations.reset(name, action),
  },
]

export const subscriptionRoutes = (services: SubscriptionServices) => [
  listRoute(services),
  getRoute(services),
  ...verbs.map((verb) => verbRoute(services, verb)),
  resumeAtRoute(services),
  resizeRoute(services),
]

const listRoute = (services: SubscriptionServices) =>
  defineOperatorRoute({
    ...common,
    name: 'list-subscriptions',
    method: 'GET',
    path: '/api/operations/subscriptions',
    summary: 'List subscriptions with their lag',
    request: {},
    responses: {
      200: {
        description: 'All of them, by name',
        schema: z.object({ subscriptions: z.array(subscriptionSchema) }).meta({ id: 'Subscriptions' }),
      },
    },
    async handler() {
      return reply(200, { json: { subscriptions: await services().subscriptionOperations.list() } })
    },
  })

const getRoute = (services: SubscriptionServices) =>
  defineOperatorRoute({
    ...common,
    name: 'get-subscription',
    method: 'GET',
    path: '/api/operations/subscriptions/{name}',
    summary: 'Look at a subscription and its members',
    request: { params: subscriptionParams },
    responses: answers,
    errors: ['SUBSCRIPTION_NOT_FOUND'],
    async handler({ params }) {
      return reply(200, { json: await services().subscriptionOperations.get(params.name) })
    },
  })

const verbRoute = (services: SubscriptionServices, { verb, summary, description, errors, call }: Verb) =>
  defineOperatorRoute({
    ...common,
    name: `${verb}-subscription`,
    method: 'POST',
    path: `/api/operations/subscriptions/{name}/${verb}`,
    summary,
    description,
    request: { params: subscriptionParams },
    responses: answers,
    errors,
    async handler({ params, caller, traceId }) {
      const action = operatorAction(`${verb}-subscription`, caller, traceId)
      return reply(200, { json: await call(services().subscriptionOperations, params.name, action) })
    },
  })

const resumeAtRoute = (services: SubscriptionServices) =>
  defineOperatorRoute({
    ...common,
    name: 'resume-subscription-at',
    method: 'POST',
    path: '/api/operations/subscriptions/{name}/resume-at',
    summary: 'Let a subscription go on from another point',
    description:
      'Only while it is paused or stopped; it belongs to the current epoch afterwards. `epoch-began` is where the current epoch of the log began, or earlier if the subscription had not come so far: nothing is left out.',
    request: {
      params: subscriptionParams,
      body: { kind: 'json', schema: resumePointSchema, maxBytes: 4_096, example: { kind: 'epoch-began' } },
    },
    responses: answers,
    errors: ['SUBSCRIPTION_NOT_FOUND', 'SUBSCRIPTION_STATE_CONFLICT'],
    async handler({ params, body, caller, traceId }) {
      const at: ResumePoint = body
      const action = operatorAction('resume-subscription-at', caller, traceId)
      return reply(200, { json: await services().subscriptionOperations.resumeAt(params.name, at, action) })
    },
  })

const resizeRoute = (services: SubscriptionServices) =>
  defineOperatorRoute({
    ...common,
    name: 'resize-subscription',
    method: 'POST',
    path: '/api/operations/subscriptions/{name}/members',
    summary: 'Change how many members share a subscription',
    description:
      'Takes effect when all members have come to a common point; `targetMembers` says so until then.',
    request: {
      params: subscriptionParams,
      body: {
        kind: 'json',
        schema: z.strictObject({ members: z.int().min(1).max(MEMBERS_MAX) }).meta({ id: 'MemberCount' }),
        maxBytes: 4_096,
        example: { members: 4 },
      },
    },
    responses: answers,
    errors: ['SUBSCRIPTION_NOT_FOUND', 'SUBSCRIPTION_STATE_CONFLICT'],
    async handler({ params, body, caller, traceId }) {
      const action = operatorAction('resize-subscription', caller, traceId)
      const { subscriptionOperations } = services()
      return reply(200, { json: await subscriptionOperations.resize(params.name, body.members, action) })
    },
  })
