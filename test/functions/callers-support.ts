import { resolveCaller } from '../../functions/callers.ts'
import { eventRoutes } from '../../functions/events/routes.ts'
import type { EventServices } from '../../functions/events/services.ts'
import type { TenantServices } from '../../functions/tenants/services.ts'
import { tenantRoutes } from '../../functions/tenants/routes.ts'
import { CurrentEpoch, EventImporter, PostgresEventStore } from '../../shared/event-store/index.ts'
import { createKernel } from '../../shared/http/index.ts'
import type { Route } from '../../shared/http/index.ts'
import { TenantDirectory, TenantRegistry } from '../../shared/tenancy/index.ts'
import type { TenantContext, TenantKey } from '../../shared/tenancy/index.ts'
import { createDatabase } from '../support/database.ts'
import { optionsOf, startIssuer, verifierOf } from '../shared/auth/issuer.ts'
import type { TestIssuer } from '../shared/auth/issuer.ts'
import { call } from '../shared/http/harness.ts'
import type { Answer, CallOptions } from '../shared/http/harness.ts'

export const ACME_DIRECTORY = '11111111-2222-3333-4444-555555555555'

export interface CallerRequest extends Omit<CallOptions, 'headers'> {
  readonly token: Promise<string>
  /** The header Trickle-Tenant. */
  readonly tenant?: string
  readonly headers?: Record<string, string>
}

/** The routes of events and tenants over a database, for callers of two issuers. */
export interface CallerStage {
  /** Operators from the application `cockpit` only. */
  readonly home: TestIssuer
  /** Of many directories; one of them, ACME_DIRECTORY, is the tenant acme. */
  readonly customers: TestIssuer
  readonly routes: readonly Route<TenantContext>[]
  readonly acmeId: string
  readonly ask: (name: string, request: CallerRequest) => Promise<Answer>
  readonly tenantToken: (tenant: string) => Promise<string>
  readonly end: () => Promise<void>
}

/** With the tenants acme and beta, and gone, which is suspended. */
export async function startCallerStage(): Promise<CallerStage> {
  const [database, home, customers] = await Promise.all([createDatabase(), startIssuer(), startIssuer()])
  customers.claimedIssuer = `${customers.url}/{tenantid}/v2.0`
  const app = database.pool('trickle_app')
  const operator = database.pool('trickle_operator')
  const registry = new TenantRegistry(operator)
  const services = {
    registry,
    events: new PostgresEventStore(app),
    bulkEvents: new PostgresEventStore(app),
    currentEpoch: new CurrentEpoch(app),
    importer: new EventImporter(app, false),
    operatorImporter: new EventImporter(operator, true),
    settings: { TRICKLE_EVENTS_SSE_VIEWERS_MAX: 8 },
  } as unknown as EventServices & TenantServices
  const routes = [...eventRoutes(() => services), ...tenantRoutes(() => services)]
  const tokens = verifierOfBoth(home, customers)
  const directories = new Map<TenantKey, TenantDirectory>()
  const tenantsBy = (key: TenantKey): TenantDirectory => {
    const directory = directories.get(key) ?? new TenantDirectory(app, key)
    directories.set(key, directory)
    return directory
  }
  const kernel = createKernel<TenantContext>({
    authenticate: (header) => tokens.verify(header),
    resolveCaller: (identity, limits, named) => resolveCaller(tenantsBy, identity, limits, named),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    verifyResponses: true,
  })
  const { result } = await registry.create({ slug: 'acme', externalId: ACME_DIRECTORY })
  await registry.createMissing([{ slug: 'beta' }, { slug: 'gone' }])
  await registry.setStatus('gone', 'suspended')

  return {
    home,
    customers,
    routes,
    acmeId: result.id,
    tenantToken: (tenant) => home.sign({ tenant, roles: ['reader', 'writer'] }),
    async ask(name, { token, tenant, headers = {}, ...options }) {
      const route = routes.find((candidate) => candidate.name === name)
      if (route === undefined) throw new Error(`there is no route ${name}`)
      return call(kernel, route, {
        ...options,
        headers: {
          authorization: `Bearer ${await token}`,
          ...(tenant === undefined ? {} : { 'trickle-tenant': tenant }),
          ...headers,
        },
      })
    },
    end: async () => {
      await Promise.all([database.drop(), home.close(), customers.close()])
    },
  }
}

const verifierOfBoth = (home: TestIssuer, customers: TestIssuer) =>
  verifierOf([
    optionsOf(home, { applications: { operator: ['cockpit'] } }),
    optionsOf(customers, {
      issuer: `${customers.url}/{tid}/v2.0`,
      tenantClaim: 'tid',
      tenantKey: 'externalId',
      roles: ['reader', 'writer', 'admin'],
    }),
  ])

export const json = { 'content-type': 'application/json' }

export const append = (stream: string, id: string) => ({
  path: `/api/streams/${stream}/events`,
  params: { streamId: stream },
  headers: json,
  body: JSON.stringify({ id, type: 'Happened', data: {} }),
})

export const read = (stream: string) => ({
  path: `/api/streams/${stream}/events`,
  params: { streamId: stream },
})

export const outcome = ({ status, json: body }: Answer): unknown[] => [status, body?.['code']]
