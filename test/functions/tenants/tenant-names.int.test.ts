import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveCaller } from '../../../functions/callers.ts'
import { eventRoutes } from '../../../functions/events/routes.ts'
import type { EventServices } from '../../../functions/events/services.ts'
import type { TenantServices } from '../../../functions/tenants/services.ts'
import { tenantRoutes } from '../../../functions/tenants/routes.ts'
import { EventImporter } from '../../../shared/event-store/index.ts'
import { createKernel } from '../../../shared/http/index.ts'
import { TenantDirectory, TenantRegistry } from '../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { authenticate, call } from '../../shared/http/harness.ts'
import type { CallOptions } from '../../shared/http/harness.ts'

let database: TestDatabase
let send: (name: string, options?: CallOptions) => ReturnType<typeof call>

beforeAll(async () => {
  database = await createDatabase()
  const app = database.pool('trickle_app')
  const operator = database.pool('trickle_operator')
  const directory = new TenantDirectory(app, 'any')
  const services = {
    registry: new TenantRegistry(operator),
    importer: new EventImporter(app, false),
    operatorImporter: new EventImporter(operator, true),
  } as EventServices & TenantServices
  const routes = [...tenantRoutes(() => services), ...eventRoutes(() => services)]
  const kernel = createKernel<TenantContext>({
    authenticate,
    resolveCaller: (identity, limits, named) => resolveCaller(() => directory, identity, limits, named),
    logger: { info: () => {}, error: () => {}, warn: () => {} },
    verifyResponses: true,
  })
  send = (name, options = {}) => {
    const route = routes.find((candidate) => candidate.name === name)
    if (route === undefined) throw new Error(`there is no route ${name}`)
    const { headers = {}, ...rest } = options
    return call(kernel, route, { headers: { authorization: 'Bearer operator', ...headers }, ...rest })
  }
  await create({ slug: 'kiosk', externalId: 'Org-Kiosk' })
})
afterAll(() => database.drop())

const json = (value: unknown): CallOptions => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
const create = (tenant: unknown) => send('create-tenants-bulk', json({ tenants: [tenant] }))

describe('a tenant is not created', () => {
  it.each([
    [{ slug: 'thief', externalId: 'KIOSK' }, '/externalId', 'is the slug of the tenant kiosk'],
    [{ slug: 'Org-Kiosk' }, '/slug', 'is the external id of the tenant kiosk'],
  ])('under a name of another: %j', async (tenant, pointer, message) => {
    const one = await send('create-tenant', json(tenant))
    expect(one).toMatchObject({
      status: 409,
      json: { code: 'TENANT_EXISTS', errors: [{ pointer, message }] },
    })
    expect(one.json?.['detail']).toMatch(
      /^The .* is the .* of the tenant kiosk\. A name .* Nothing was made\.$/,
    )
    const many = await send('create-tenants-bulk', json({ tenants: [{ slug: 'innocent' }, tenant] }))
    expect(many).toMatchObject({
      status: 409,
      json: { code: 'TENANT_EXISTS', errors: [{ pointer: `/tenants/1${pointer}`, message }] },
    })
    expect((await send('list-tenants')).json?.['tenants']).toMatchObject([{ slug: 'kiosk' }])
  })

  it.each([
    [{ slug: '\u212aiosk' }, '/slug'],
    [{ slug: 'caf\u00e9' }, '/slug'],
    [{ slug: 'fine', externalId: 'v\u0130ctim' }, '/externalId'],
    [{ slug: 'fine', externalId: ' kiosk' }, '/externalId'],
    [{ slug: 'fine', externalId: '' }, '/externalId'],
    [{ slug: 'fine', externalId: 'x'.repeat(201) }, '/externalId'],
  ])('under a name that can be none: %j', async (tenant, pointer) => {
    expect(await send('create-tenant', json(tenant))).toMatchObject({
      status: 400,
      json: { code: 'VALIDATION_FAILED', errors: [{ pointer }] },
    })
  })
})

describe('an operator', () => {
  it('says by what a tenant is named', async () => {
    const suspend = (tenant: string, by: string) =>
      send('suspend-tenant', { params: { tenant }, path: `/api/tenants/x/suspend?by=${by}` })
    expect((await suspend('Org-Kiosk', 'externalId')).status).toBe(200)
    expect((await suspend('KIOSK', 'slug')).status).toBe(200)
    expect((await suspend('KIOSK', 'any')).status).toBe(200)
    expect(await suspend('Org-Kiosk', 'slug')).toMatchObject({
      status: 404,
      json: { code: 'TENANT_NOT_FOUND' },
    })
    expect(await suspend('\u212aiosk', 'any')).toMatchObject({ status: 404 })
    expect(await suspend('kiosk', 'name')).toMatchObject({ status: 400, json: { code: 'VALIDATION_FAILED' } })
    expect((await send('resume-tenant', { params: { tenant: 'kiosk' } })).status).toBe(200)
  })
})

describe('a line of an import', () => {
  const line = (tenant: string, id: string): string =>
    `${JSON.stringify({ tenant, streamId: 's', id, type: 'Noted', data: 1 })}\n`
  const sendLines = async (lines: string, authorization: string): Promise<(string | undefined)[]> => {
    const { text } = await send('import-events', {
      headers: { authorization, 'content-type': 'application/x-ndjson' },
      body: lines,
    })
    return text
      .trim()
      .split('\n')
      .map((outcome) => JSON.parse(outcome) as { outcome: string; code?: string })
      .map(({ outcome, code }) => code ?? outcome)
  }

  it('is for a tenant of the operator in ASCII, and for no other', async () => {
    const lines = ['kiosk', 'KIOSK', '\u212aiosk', 'kio\u017fk', 'Org-Kiosk'].map((name, index) =>
      line(name, `o${index}`),
    )
    expect(await sendLines(lines.join(''), 'Bearer operator')).toEqual([
      'appended',
      'appended',
      // No slug can look so.
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      'TENANT_UNKNOWN',
    ])
  })

  it('is for the tenant of the token in ASCII, and for no other', async () => {
    const lines = ['kiosk', 'KIOSK', '\u212aiosk'].map((name, index) => line(name, `w${index}`))
    expect(await sendLines(lines.join(''), 'Bearer writer@kiosk')).toEqual([
      'appended',
      'appended',
      'TENANT_CONTEXT_REFUSED',
    ])
  })
})
