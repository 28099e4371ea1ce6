import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import { defineRouteFor, markReplayed, reply } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { sealKeySchema, sealKeysSchema } from './schemas.ts'
import type { OperationServices } from './services.ts'

type SealKeyServices = () => Pick<OperationServices, 'sealKeyOperations'>

const defineOperatorRoute = defineRouteFor<TenantContext>()
const common = { tags: ['Operations'], access: { kind: 'operator' } } as const
const keyExample = {
  id: '5f3a90c1',
  state: 'waiting',
  sealsFrom: '2026-11-21T17:36:57.786024Z',
  reason: 'once a year',
  addedAt: '2026-11-21T17:35:57.786024Z',
} as const

export const sealKeyRoutes = (services: SealKeyServices) => [
  listRoute(services),
  addRoute(services),
  removeRoute(services),
]

const listRoute = (services: SealKeyServices) =>
  defineOperatorRoute({
    ...common,
    name: 'list-seal-keys',
    method: 'GET',
    path: '/api/operations/log/seal-keys',
    summary: 'List the keys that seal tokens',
    description:
      'Feed cursors and consistency tokens are sealed, since they hold counters of the whole server. One key seals, all of them open. Secrets are shown to nobody.',
    request: {},
    responses: {
      200: { description: 'The newest first', schema: sealKeysSchema, example: { keys: [keyExample] } },
    },
    async handler() {
      return reply(200, { json: { keys: await services().sealKeyOperations.list() } })
    },
  })

const addRoute = (services: SealKeyServices) =>
  defineOperatorRoute({
    ...common,
    name: 'add-seal-key',
    method: 'POST',
    path: '/api/operations/log/seal-keys',
    summary: 'Add a key that seals tokens',
    description:
      'It opens tokens at once and seals them after a minute, when every instance knows it. Tokens of earlier keys stay good until their key is removed.',
    request: {
      body: {
        kind: 'json',
        schema: z
          .strictObject({
            reason: z.string().min(1).max(500).describe('For those who read the list of keys later.'),
          })
          .meta({ id: 'NewSealKey' }),
        maxBytes: 16_384,
        example: { reason: 'once a year' },
      },
    },
    responses: { 201: { description: 'The key', schema: sealKeySchema, example: keyExample } },
    errors: ['SEAL_KEYS_FULL'],
    idempotency: 'receipt',
    async handler({ body, idempotency, caller, traceId }) {
      const action = operatorAction('add-seal-key', caller, traceId)
      const { result, replayed } = await services().sealKeyOperations.add(body.reason, idempotency, action)
      const answer = reply(201, { json: result })
      return replayed ? markReplayed(answer) : answer
    },
  })

const removeRoute = (services: SealKeyServices) =>
  defineOperatorRoute({
    ...common,
    name: 'remove-seal-key',
    method: 'POST',
    path: '/api/operations/log/seal-keys/{keyId}/remove',
    summary: 'Remove a key that sealed tokens',
    description:
      'Tokens that it sealed are answered 410 `EPOCH_ENDED` from then on, within half a minute on every instance: a feed with `resumeAfter` at its beginning, so that nothing is left out. The key that seals can not be removed, and its predecessor only after a minute.',
    request: {
      params: z.object({
        keyId: z
          .string()
          .regex(/^[0-9a-f]{8}$/, { error: 'is no id of a key: 8 digits of 0-9 and a-f' })
          .describe('`id` of the list.'),
      }),
    },
    responses: {
      200: {
        description: 'It is removed',
        schema: z.object({ removed: z.string() }).meta({ id: 'RemovedSealKey' }),
      },
    },
    errors: ['SEAL_KEY_NOT_FOUND', 'SEAL_KEY_NEEDED'],
    idempotency: 'receipt',
    async handler({ params, idempotency, caller, traceId }) {
      const action = operatorAction('remove-seal-key', caller, traceId)
      const { result, replayed } = await services().sealKeyOperations.remove(
        params.keyId,
        idempotency,
        action,
      )
      const answer = reply(200, { json: result })
      return replayed ? markReplayed(answer) : answer
    },
  })
