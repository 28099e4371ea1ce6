import { eventRoutes } from '../../../functions/events/routes.ts'
import type { EventServices } from '../../../functions/events/services.ts'
import { InMemoryEventStore } from '../../../shared/event-store/testing/index.ts'
import { createKernel } from '../../../shared/http/index.ts'
import { tenantContextForTests } from '../../../shared/tenancy/testing/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { as, authenticate, call } from '../../shared/http/harness.ts'
import type { Answer, CallOptions } from '../../shared/http/harness.ts'

const tenant = tenantContextForTests('acme')

export interface EventApi {
  readonly store: InMemoryEventStore
  /** Calls a route of events by its name, as a tenant with every role; replies are held against the definitions. */
  readonly send: (name: string, options?: CallOptions) => Promise<Answer>
  readonly append: (json: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** The events of the stream `s`. */
  readonly stored: () => Promise<Record<string, unknown>[]>
}

/** The routes of events on a store in memory. */
export function startEventApi(): EventApi {
  const store = new InMemoryEventStore()
  const services = {
    events: store,
    settings: { TRICKLE_EVENTS_SSE_VIEWERS_MAX: 0 },
  } as unknown as EventServices
  const kernel = createKernel<TenantContext>({
    authenticate,
    resolveCaller: async (who) => ({ kind: 'tenant', ...who, tenant }),
    logger: { info: () => {}, error: () => {}, warn: () => {} },
    verifyResponses: true,
  })
  const routes = eventRoutes(() => services)
  const send: EventApi['send'] = (name, { headers = {}, ...options } = {}) => {
    const route = routes.find((candidate) => candidate.name === name)
    if (route === undefined) throw new Error(`there is no route ${name}`)
    return call(kernel, route, { ...options, headers: { ...as('reader,writer'), ...headers } })
  }
  return {
    store,
    send,
    append: (json, headers = {}) =>
      send('append-events', {
        params: { streamId: 's' },
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof json === 'string' ? json : JSON.stringify(json),
      }),
    async stored() {
      const page = await store.readStream(tenant, { streamId: 's', backward: false, limit: 1_000 })
      return page.events.map((text) => JSON.parse(text) as Record<string, unknown>)
    },
  }
}

/** Where the answer says that the request is wrong. */
export const pointersOf = ({ json }: Answer): unknown[] =>
  ((json?.['errors'] ?? []) as { pointer: string }[]).map(({ pointer }) => pointer)
