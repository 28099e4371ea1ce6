import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveCaller } from '../../functions/callers.ts'
import { eventRoutes } from '../../functions/events/index.ts'
import type { Services } from '../../functions/services.ts'
import { tenantRoutes } from '../../functions/tenants/index.ts'
import type { TokenVerifier } from '../../shared/auth/index.ts'
import { CurrentEpoch, EventImporter, PostgresEventStore } from '../../shared/event-store/index.ts'
import { createKernel, type Kernel, type Route } from '../../shared/http/index.ts'
import {
  TenantDirectory,
  TenantRegistry,
  type TenantContext,
  type TenantKey,
} from '../../shared/tenancy/index.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { optionsOf, startIssuer, verifierOf, type TestIssuer } from '../shared/auth/issuer.ts'
import { call, type Answer, type CallOptions } from '../shared/http/harness.ts'

const ACME_DIRECTORY = '11111111-2222-3333-4444-555555555555'

let database: TestDatabase
let home: TestIssuer
let customers: TestIssuer
let routes: Route<TenantContext>[]
let kernel: Kernel<TenantContext>
let acmeId: string

beforeAll(async () => {
  ;[database, home, customers] = await Promise.all([createDatabase(), startIssuer(), startIssuer()])
  customers.claimedIssuer = `${customers.url}/{tenantid}/v2.0`
  const app = database.pool('trickle_app')
  const operator = database.pool('trickle_operator')
  const registry = new TenantRegistry(operator)
  const services = {
    registry,
    events: new PostgresEventStore(app),
    currentEpoch: new CurrentEpoch(app),
    importer: new EventImporter(app, false),
    operatorImporter: new EventImporter(operator, true),
    settings: { TRICKLE_EVENTS_SSE_VIEWERS_MAX: 8 },
  } as unknown as Services
  routes = [...eventRoutes(() => services), ...tenantRoutes(() => services)]
  const tokens: TokenVerifier = verifierOf([
    optionsOf(home, { applications: { operator: ['cockpit'] } }),
    optionsOf(customers, {
      issuer: `${customers.url}/{tid}/v2.0`,
      tenantClaim: 'tid',
      tenantKey: 'externalId',
      roles: ['reader', 'writer', 'admin'],
    }),
  ])
  const directories = new Map<TenantKey, TenantDirectory>()
  const tenantsBy = (key: TenantKey): TenantDirectory => {
    const directory = directories.get(key) ?? new TenantDirectory(app, key)
    directories.set(key, directory)
    return directory
  }
  kernel = createKernel<TenantContext>({
    authenticate: (header) => tokens.verify(header),
    resolveCaller: (identity, limits, named) => resolveCaller(tenantsBy, identity, limits, named),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    verifyResponses: true,
  })
  const { result } = await registry.create({ slug: 'acme', externalId: ACME_DIRECTORY })
  acmeId = result.id
  await registry.create({ slug: 'beta' })
  await registry.create({ slug: 'gone' })
  await registry.setStatus('gone', 'suspended')
})
afterAll(() => Promise.all([database.drop(), home.close(), customers.close()]))

interface Request extends Omit<CallOptions, 'headers'> {
  readonly token: Promise<string>
  /** The header Trickle-Tenant. */
  readonly tenant?: string
  readonly headers?: Record<string, string>
}

async function ask(name: string, { token, tenant, headers = {}, ...options }: Request): Promise<Answer> {
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
}

const service = (...roles: string[]): Promise<string> =>
  home.sign({ tenant: undefined, roles: ['service', ...roles], sub: 'backend' })
const tenantToken = (tenant: string): Promise<string> => home.sign({ tenant, roles: ['reader', 'writer'] })

const json = { 'content-type': 'application/json' }
const append = (stream: string, id: string) => ({
  path: `/api/streams/${stream}/events`,
  params: { streamId: stream },
  headers: json,
  body: JSON.stringify({ id, type: 'Happened', data: {} }),
})
const read = (stream: string) => ({ path: `/api/streams/${stream}/events`, params: { streamId: stream } })
const outcome = ({ status, json: body }: Answer): unknown[] => [status, body?.['code']]

describe('a service', () => {
  it('appends and reads for each tenant that it names, and each sees its own', async () => {
    const writer = service('writer', 'reader')
    for (const tenant of ['acme', 'beta'])
      expect(
        (await ask('append-events', { token: writer, tenant, ...append('both', `of-${tenant}`) })).status,
      ).toBe(201)
    for (const tenant of ['acme', 'beta']) {
      const answer = await ask('read-stream', { token: tenantToken(tenant), ...read('both') })
      expect(answer.json?.['events']).toMatchObject([{ id: `of-${tenant}` }])
    }
  })

  it('names it by id, slug or external id', async () => {
    for (const [index, tenant] of [acmeId, acmeId.toUpperCase(), 'acme', 'ACME', ACME_DIRECTORY].entries()) {
      const request = append('named', `e${index}`)
      expect(outcome(await ask('append-events', { token: service('writer'), tenant, ...request }))[0]).toBe(
        201,
      )
    }
    const answer = await ask('read-stream', { token: tenantToken('acme'), ...read('named') })
    expect(answer.json?.['events']).toHaveLength(5)
  })

  it('can call every route of a tenant', async () => {
    const token = service('writer', 'reader')
    await ask('append-events', { token, tenant: 'acme', ...append('everything', 'v1') })
    const requests: Record<string, Omit<Request, 'token'>> = {
      'append-events': append('everything', 'v2'),
      'append-to-streams': {
        headers: json,
        body: JSON.stringify({
          streams: [{ streamId: 'everything', events: [{ id: 'v3', type: 'T', data: {} }] }],
        }),
      },
      'read-stream': read('everything'),
      'stream-info': { ...read('everything'), path: '/api/streams/everything' },
      'read-feed': { path: '/api/events?limit=10' },
      'import-events': {
        headers: { 'content-type': 'application/x-ndjson' },
        body: JSON.stringify({ streamId: 'everything', id: 'v4', type: 'T', data: {} }),
      },
    }
    const ofTenants = routes.filter(
      ({ access }) => access.kind === 'tenant' || access.kind === 'tenantOrOperator',
    )
    expect(ofTenants.map(({ name }) => name).toSorted()).toEqual(Object.keys(requests).toSorted())
    for (const [name, request] of Object.entries(requests)) {
      const answer = await ask(name, { token, tenant: 'acme', ...request })
      expect([name, answer.status < 300, answer.text]).toEqual([name, true, answer.text])
      expect([name, ...outcome(await ask(name, { token, ...request }))]).toEqual([
        name,
        400,
        'TENANT_HEADER_MISSING',
      ])
    }
    // Live, as long reads are.
    const headers = { accept: 'application/x-ndjson' }
    expect((await ask('read-feed', { token, tenant: 'acme', headers })).status).toBe(200)
  })

  it('in an import acts for the tenant of the header, whatever a line says', async () => {
    const lines = ['acme', 'beta', undefined].map((tenant, index) =>
      JSON.stringify({ tenant, streamId: 'lines', id: `l${index}`, type: 'T', data: {} }),
    )
    const answer = await ask('import-events', {
      token: service('writer'),
      tenant: 'acme',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    })
    const outcomes = answer.text.trim().split('\n')
    expect(outcomes.map((text) => (JSON.parse(text) as { outcome: string }).outcome)).toEqual([
      'appended',
      'rejected',
      'appended',
    ])
    expect(outcomes[1]).toContain('TENANT_CONTEXT_REFUSED')
  })

  it.each([
    ['nobody', 'nobody', 'TENANT_UNKNOWN'],
    ['a suspended one', 'gone', 'TENANT_SUSPENDED'],
    ['one that exists, with blanks around', 'acme x', 'TENANT_UNKNOWN'],
  ])('that names %s is refused', async (_name, tenant, code) => {
    const answer = await ask('append-events', { token: service('writer'), tenant, ...append('s', 'x') })
    expect(outcome(answer)).toEqual([403, code])
    expect(answer.json?.['detail']).not.toContain('token')
  })

  it('keeps to its roles, and is no operator', async () => {
    const attempts = [
      ask('append-events', { token: service('reader'), tenant: 'acme', ...append('s', 'x') }),
      ask('append-events', { token: service('admin'), tenant: 'acme', ...append('s', 'x') }),
      ask('suspend-tenant', { token: service('writer', 'reader'), params: { tenant: 'acme' } }),
      ask('list-tenants', { token: service('writer', 'reader'), tenant: 'acme' }),
    ]
    for (const answer of await Promise.all(attempts)) expect(outcome(answer)).toEqual([403, 'ROLE_MISSING'])
  })

  it('repeats a request by its key in the scope of the tenant, as the tenant itself does', async () => {
    const keyed = (token: Promise<string>, tenant?: string) => {
      const request = append('keyed', 'k1')
      const headers = { ...request.headers, 'idempotency-key': 'once' }
      return ask('append-events', { token, ...(tenant === undefined ? {} : { tenant }), ...request, headers })
    }
    const first = await keyed(service('writer'), 'acme')
    const byTenant = await keyed(tenantToken('acme'))
    const elsewhere = await keyed(service('writer'), 'beta')
    expect([first, byTenant, elsewhere].map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([
      null,
      'true',
      null,
    ])
    expect(byTenant.json).toEqual(first.json)
  })
})

describe('a tenant’s own token', () => {
  it('may name its tenant, by any of its names', async () => {
    for (const tenant of ['acme', 'ACME', acmeId, ACME_DIRECTORY])
      expect(
        outcome(await ask('read-stream', { token: tenantToken('acme'), tenant, ...read('both') }))[0],
      ).toBe(200)
  })

  it('that names another gets one answer, whether that one exists, is suspended or is nobody', async () => {
    const answers = await Promise.all(
      ['beta', 'gone', 'nobody'].map((tenant) =>
        ask('append-events', { token: tenantToken('acme'), tenant, ...append('s', 'x') }),
      ),
    )
    for (const answer of answers) expect(outcome(answer)).toEqual([403, 'TENANT_CONTEXT_REFUSED'])
    expect(new Set(answers.map(({ json: body }) => body?.['detail'])).size).toBe(1)
  })
})

describe('a directory of Entra', () => {
  const ofDirectory = (tid: string, claims: Record<string, unknown> = {}): Promise<string> =>
    customers.sign({
      iss: `${customers.url}/${tid}/v2.0`,
      tid,
      tenant: 'beta',
      roles: ['reader', 'writer'],
      ...claims,
    })

  it('is the tenant whose external id it is, whatever else its token says', async () => {
    const token = ofDirectory(ACME_DIRECTORY)
    expect((await ask('append-events', { token, ...append('of-directory', 'd1') })).status).toBe(201)
    expect((await ask('read-stream', { token: tenantToken('acme'), ...read('of-directory') })).status).toBe(
      200,
    )
    expect(
      outcome(await ask('read-stream', { token: tenantToken('beta'), ...read('of-directory') })),
    ).toEqual([404, 'STREAM_NOT_FOUND'])
  })

  it('that no tenant belongs to is refused, also when it is another tenant’s id', async () => {
    for (const tid of ['66666666-7777-8888-9999-aaaaaaaaaaaa', acmeId])
      expect(outcome(await ask('read-stream', { token: ofDirectory(tid), ...read('both') }))).toEqual([
        403,
        'TENANT_UNKNOWN',
      ])
  })

  it('gives itself no operator and no service', async () => {
    const operator = ofDirectory(ACME_DIRECTORY, { roles: ['operator', 'reader'] })
    const refused = await ask('list-tenants', { token: operator })
    expect(outcome(refused)).toEqual([403, 'ROLE_MISSING'])
    expect(refused.json?.['detail']).toContain('its issuer may not grant the role operator')
    const token = ofDirectory(ACME_DIRECTORY, { roles: ['service', 'reader'] })
    expect(outcome(await ask('read-stream', { token, tenant: 'beta', ...read('both') }))).toEqual([
      403,
      'TENANT_CONTEXT_REFUSED',
    ])
  })
})

describe('an operator', () => {
  const operator = (application: string): Promise<string> =>
    home.sign({ tenant: undefined, roles: ['operator'], azp: application })

  it('comes from the application that is named for operators, and from no other', async () => {
    expect((await ask('list-tenants', { token: operator('cockpit') })).status).toBe(200)
    const refused = await ask('list-tenants', { token: operator('shop') })
    expect(outcome(refused)).toEqual([403, 'ROLE_MISSING'])
    expect(refused.json?.['detail']).toContain('its application may not have the role operator')
  })

  it('acts for no tenant, also when it names one', async () => {
    const token = operator('cockpit')
    for (const name of ['list-tenants', 'read-feed', 'import-events'])
      expect([name, ...outcome(await ask(name, { token, tenant: 'acme' }))]).toEqual([
        name,
        403,
        'TENANT_CONTEXT_REFUSED',
      ])
  })
})
