import { describe, expect, it } from 'vitest'
import { eventRoutes } from '../../functions/events/routes.ts'
import type { EventServices } from '../../functions/events/services.ts'
import { operationRoutes } from '../../functions/operations/routes.ts'
import type { OperationServices } from '../../functions/operations/services.ts'
import { apiInfo } from '../../functions/product.ts'
import { tenantRoutes } from '../../functions/tenants/routes.ts'
import type { TenantServices } from '../../functions/tenants/services.ts'
import { InMemoryEventStore } from '../../shared/event-store/testing/index.ts'
import { buildOpenApiDocument, createKernel } from '../../shared/http/index.ts'
import type { Caller, Route } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { tenantContextForTests } from '../../shared/tenancy/testing/index.ts'
import { systemClock } from '../../shared/time/index.ts'
import { authenticate, call } from '../shared/http/harness.ts'
import { RecordedOperations, subscription } from './operations/support.ts'

interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> }
  readonly responses: Readonly<Record<string, unknown>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** The product's own routes on stores in memory. What an operator's routes stand on answers as if all went well. */
function startProduct() {
  const acme = tenantContextForTests('acme')
  const tenant = {
    id: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
    slug: 'acme',
    externalId: null,
    name: 'Acme Ltd',
    status: 'active',
    createdAt: '2026-11-21T12:00:00Z',
    updatedAt: '2026-11-21T12:00:00Z',
  }
  const epoch = {
    epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
    ordinal: 2,
    beganAt: '2026-11-21T12:00:00Z',
    reason: 'r',
    beganXid: '1',
    beganPosition: '1',
  }
  const sealKey = { id: '1', state: 'waiting', sealsFrom: epoch.beganAt, reason: 'r', addedAt: epoch.beganAt }
  const received = <T>(result: T) => Promise.resolve({ result, replayed: false })
  const subscriptionOperations = new RecordedOperations()
  // Where it goes on is said of one that rests.
  subscriptionOperations.status = subscription({ state: 'paused' })
  const services = {
    events: new InMemoryEventStore(),
    importer: {
      importBatch: (lines: readonly unknown[]) => Promise.resolve(lines.map(() => ({ outcome: 'appended' }))),
    },
    registry: {
      create: () => received(tenant),
      createMissing: (tenants: readonly unknown[]) => received({ created: tenants.length, existing: 0 }),
    },
    clock: systemClock,
    logOperations: { beginEpoch: () => received(epoch) },
    sealKeyOperations: { add: () => received(sealKey) },
    subscriptionOperations,
  } as unknown as EventServices & TenantServices & OperationServices
  const routes = [
    ...eventRoutes(() => services),
    ...tenantRoutes(() => services),
    ...operationRoutes(() => services),
  ]
  const kernel = createKernel<TenantContext>({
    authenticate,
    resolveCaller: ({ tenantClaim, ...who }): Promise<Caller<TenantContext>> =>
      Promise.resolve(
        tenantClaim === null ? { kind: 'operator', ...who } : { kind: 'tenant', ...who, tenant: acme },
      ),
    logger: { info: () => {}, error: () => {}, warn: () => {} },
    verifyResponses: true,
  })
  return { routes, kernel }
}

const { routes, kernel } = startProduct()
const document = (await buildOpenApiDocument(routes, apiInfo())) as Document
const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
const bodies = operations.flatMap((operation) =>
  Object.entries(operation.requestBody?.content ?? {}).map(
    ([mediaType, { example }]) => [operation.operationId, mediaType, operation, example] as const,
  ),
)

const send = (route: Route<TenantContext>, mediaType: string, example: unknown) =>
  call(kernel, route, {
    params: { streamId: 'order-17', name: 'orders' },
    headers: {
      authorization: route.access.kind === 'operator' ? 'Bearer operator' : 'Bearer writer@acme',
      'content-type': mediaType,
    },
    body: typeof example === 'string' ? example : JSON.stringify(example),
  })

describe('every example of a body in the reference', () => {
  it('is there for every media type', () => {
    expect(bodies.length).toBeGreaterThan(8)
    expect(bodies.filter(([, , , example]) => example === undefined)).toEqual([])
  })

  it.each(bodies)('works as it stands: %s, %s', async (name, mediaType, { responses }, example) => {
    const route = routes.find((candidate) => candidate.name === name)
    if (route === undefined) throw new Error(`there is no route ${name}`)
    const answer = await send(route, mediaType, example)
    const success = Object.keys(responses).filter((status) => status.startsWith('2'))
    expect([answer.json?.['errors'], success]).toEqual([undefined, [String(answer.status)]])
    expect(answer.text).not.toContain('rejected')
  })
})
