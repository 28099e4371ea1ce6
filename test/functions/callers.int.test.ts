import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACME_DIRECTORY, append, json, outcome, read, startCallerStage } from './callers-support.ts'
import type { CallerStage, CallerRequest } from './callers-support.ts'

let stage: CallerStage
beforeAll(async () => {
  stage = await startCallerStage()
})
afterAll(() => stage.end())

const ask: CallerStage['ask'] = (name, request) => stage.ask(name, request)
const tenantToken: CallerStage['tenantToken'] = (tenant) => stage.tenantToken(tenant)
const service = (...roles: string[]): Promise<string> =>
  stage.home.sign({ tenant: undefined, roles: ['service', ...roles], sub: 'backend' })

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
    for (const [index, tenant] of [
      stage.acmeId,
      stage.acmeId.toUpperCase(),
      'acme',
      'ACME',
      ACME_DIRECTORY,
    ].entries()) {
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
    const requests: Record<string, Omit<CallerRequest, 'token'>> = {
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
    const ofTenants = stage.routes.filter(
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
    for (const tenant of ['acme', 'ACME', stage.acmeId, ACME_DIRECTORY])
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
