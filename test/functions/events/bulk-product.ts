import { HttpResponse, InvocationContext } from '@azure/functions'
import type { HttpResponseInit } from '@azure/functions'
import { eventRoutes } from '../../../functions/events/routes.ts'
import { readLimits } from '../../../functions/events/read-limits.ts'
import type { EventServices } from '../../../functions/events/services.ts'
import type { Identity } from '../../../shared/auth/index.ts'
import { TrickleError } from '../../../shared/errors/index.ts'
import { EventTexts } from '../../../shared/event-store/index.ts'
import type { FeedPage, ImportLine, StreamPage } from '../../../shared/event-store/index.ts'
import { createKernel } from '../../../shared/http/index.ts'
import type { Caller } from '../../../shared/http/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { authenticate, makeRequest } from '../../shared/http/harness.ts'
import type { CallOptions } from '../../shared/http/harness.ts'

export interface Product {
  /** Begins a request; the answer may go on. */
  readonly begin: (route: string, options: CallOptions) => Promise<HttpResponse>
  readonly suspended: Set<string>
  /** Lines of each batch that was written. */
  readonly written: number[]
  /** What happens when a page is read as bulk work. */
  readBulk: () => Promise<FeedPage & StreamPage>
}

/** The routes of events on the kernel, over a store that gives the same page on and on. */
export function startProduct(): Product {
  const suspended = new Set<string>()
  const written: number[] = []
  const page = { texts: EventTexts.of(['{}']), next: 't', streamVersion: 9 } as unknown as FeedPage &
    StreamPage
  const importer = {
    async importBatch(lines: readonly ImportLine[]) {
      written.push(lines.length)
      return lines.map(() => ({ outcome: 'appended' }))
    },
  }
  const product: Product = { begin, suspended, written, readBulk: async () => page }
  const services = {
    settings: { TRICKLE_EVENTS_SSE_VIEWERS_MAX: 0 },
    events: { readFeed: async () => page, readStream: async () => page },
    bulkEvents: { readFeed: () => product.readBulk(), readStream: () => product.readBulk() },
    importer,
    operatorImporter: importer,
    registry: {
      contextsBySlug: async (slugs: string[]) => new Map(slugs.map((slug) => [slug, { tenantId: slug }])),
    },
  } as unknown as EventServices
  const kernel = createKernel<TenantContext>({
    authenticate,
    async resolveCaller({ tenantClaim, ...who }: Identity): Promise<Caller<TenantContext>> {
      if (tenantClaim === null) return { kind: 'operator', ...who }
      if (suspended.has(tenantClaim)) throw new TrickleError('TENANT_SUSPENDED', 'suspended')
      return {
        kind: 'tenant',
        ...who,
        tenant: { tenantId: tenantClaim, slug: tenantClaim } as TenantContext,
      }
    },
    logger: { info: () => undefined, error: () => undefined, warn: () => undefined },
    verifyResponses: true,
  })
  const routes = eventRoutes(() => services)
  async function begin(name: string, options: CallOptions): Promise<HttpResponse> {
    const route = routes.find((one) => one.name === name)
    if (route === undefined) throw new Error(`there is no route ${name}`)
    const given: HttpResponseInit | HttpResponse | undefined | null = await kernel.handlerFor(route)(
      makeRequest({ method: route.method, path: route.path, ...options }),
      new InvocationContext({ invocationId: 'i', functionName: name }),
    )
    return given instanceof HttpResponse ? given : new HttpResponse(given ?? {})
  }
  return product
}

export const as = (roles: string, tenant?: string) => ({
  authorization: `Bearer ${roles}${tenant === undefined ? '' : `@${tenant}`}`,
})

/** An export of a feed without an end, as far as it is read. */
export const exportOf = (product: Product, tenant: string, query = '') =>
  product.begin('read-feed', {
    path: `/api/events${query}`,
    headers: { ...as('reader', tenant), accept: 'application/x-ndjson' },
  })

export const line = (id: string, more: object = {}): string =>
  `${JSON.stringify({ id, streamId: 's', type: 'T', data: 1, ...more })}\n`

export function importOf(product: Product, headers: Record<string, string>) {
  const { body, send } = upload()
  const answer = product.begin('import-events', {
    headers: { ...headers, 'content-type': 'application/x-ndjson' },
    body,
  })
  return { answer, send }
}

/** An upload that its test goes on with as it likes. */
function upload() {
  let give: (text: string | null | Error) => void = () => {}
  const pending: (string | null | Error)[] = []
  const body = (async function* () {
    for (;;) {
      if (pending.length === 0) await new Promise<void>((resolve) => (give = () => resolve()))
      const next = pending.shift()
      if (next === null || next === undefined) return
      if (typeof next !== 'string') throw next
      yield Buffer.from(next)
    }
  })()
  const send = (what: string | null | Error): void => {
    pending.push(what)
    give(what)
  }
  return { body, send }
}

export async function problemOf(response: HttpResponse) {
  return [response.status, ((await response.json()) as { code: string }).code]
}

export const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')

/** Takes all permits that are left, one tenant after the other, and says how many there were. */
export async function freePermits(product: Product): Promise<number> {
  const readers: { cancel: () => Promise<void> }[] = []
  for (let count = 0; count <= readLimits.bulkMax; count += 1) {
    const answer = await exportOf(product, `probe-${count}`)
    const reader = answer.body?.getReader()
    if (answer.status === 200 && reader !== undefined) readers.push(reader)
  }
  for (const reader of readers) await reader.cancel()
  return readers.length
}
