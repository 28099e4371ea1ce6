import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { TrickleError } from '../../../shared/errors/index.ts'
import { defineRouteFor, reply } from '../../../shared/http/index.ts'
import type { Access, Route } from '../../../shared/http/index.ts'
import { as, call, testKernel } from './harness.ts'
import type { LogEntry, TestKernel, TestTenant } from './harness.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const operator = { authorization: 'Bearer operator' }

const routeFor = (
  access: Access,
  work: () => void = () => {},
  method: 'GET' | 'POST' = 'POST',
): Route<TestTenant> =>
  defineRouteFor<TestTenant>()({
    name: 'thing-change',
    method,
    path: '/api/things/{id}',
    summary: 's',
    tags: ['t'],
    access,
    request: { params: z.object({ id: z.string() }) },
    responses: { 200: { description: 'done', schema: z.unknown() } },
    errors: ['STREAM_NOT_FOUND', 'TENANT_SUSPENDED', 'TENANT_NOT_FOUND'],
    handler() {
      work()
      return reply(200, { json: 'secret answer' })
    },
  })

const readers: Access = { kind: 'tenant', roles: ['reader'] }
const ask = (test: TestKernel, route: Route<TestTenant>, headers: Record<string, string> = {}) =>
  call(test.kernel, route, { headers, params: { id: 'secret-id' }, path: '/api/things/secret-id' })
const of = (log: readonly LogEntry[], event: string): LogEntry[] =>
  log.filter(({ fields }) => fields['event'] === event)

describe('a refused request', () => {
  it.each<[string, Access, Record<string, string>, number, string, object]>([
    ['no token', readers, {}, 401, 'TOKEN_MISSING', { subject: null, issuer: null, tenant: null }],
    [
      'a missing role',
      readers,
      as('writer'),
      403,
      'ROLE_MISSING',
      { subject: 'test', issuer: 'https://issuer.example', tenant: 'acme' },
    ],
    ['a token for tenants', { kind: 'operator' }, as('admin'), 403, 'ROLE_MISSING', { tenant: 'acme' }],
    [
      'a service without the role',
      readers,
      { authorization: 'Bearer service,writer', 'trickle-tenant': 'beta' },
      403,
      'ROLE_MISSING',
      { tenant: 'beta' },
    ],
  ])(
    'for %s leaves one line: who, where, what, which trace',
    async (_name, access, headers, status, code, who) => {
      const test = testKernel()
      const answer = await ask(test, routeFor(access), headers)
      expect(answer.status).toBe(status)
      expect(test.log).toEqual([
        {
          level: 'warn',
          message: 'A request was refused',
          fields: expect.objectContaining({
            event: 'access.refused',
            function: 'thing-change',
            method: 'POST',
            path: '/api/things/{id}',
            status,
            code,
            traceId: answer.json?.['traceId'],
            time: new Date().toISOString(),
            application: null,
            ...who,
          }) as object,
        },
      ])
      expect(JSON.stringify(test.log)).not.toMatch(/secret|Bearer/)
    },
  )

  it('by the handler or by the search for the tenant leaves its line, too', async () => {
    const suspended = new TrickleError('TENANT_SUSPENDED', 'x')
    const byHandler = testKernel()
    const route = routeFor(readers, () => {
      throw suspended
    })
    await ask(byHandler, route, as('reader'))
    const bySearch = testKernel({ resolveCaller: () => Promise.reject(suspended) })
    await ask(bySearch, routeFor(readers), as('reader'))
    for (const { log } of [byHandler, bySearch])
      expect(of(log, 'access.refused')).toMatchObject([
        { fields: { subject: 'test', code: 'TENANT_SUSPENDED' } },
      ])
  })

  it('tells of a name beside the token’s that it asked for', async () => {
    const refused = new TrickleError('TENANT_CONTEXT_REFUSED', 'x')
    const test = testKernel({ resolveCaller: () => Promise.reject(refused) })
    await ask(test, routeFor(readers), { ...as('reader'), 'trickle-tenant': 'victim' })
    expect(of(test.log, 'access.refused')).toMatchObject([
      { fields: { tenant: 'acme', namedTenant: 'victim' } },
    ])
  })

  it('is not what a request is that fails otherwise, or succeeds', async () => {
    const test = testKernel()
    const missing = routeFor(readers, () => {
      throw new TrickleError('STREAM_NOT_FOUND', 'x')
    })
    await ask(test, missing, as('reader'))
    await ask(test, routeFor(readers), as('reader'))
    expect(test.log).toEqual([])
  })
})

describe('a flood of refused requests', () => {
  const anonymous = (test: TestKernel) => ask(test, routeFor(readers))

  it('leaves few lines, and one at the end of the minute that counts the others', async () => {
    const test = testKernel()
    for (let count = 0; count < 500; count += 1) await anonymous(test)
    expect(test.log).toHaveLength(20)
    vi.advanceTimersByTime(60_000)
    expect(test.log).toHaveLength(21)
    expect(test.log.at(-1)).toMatchObject({
      level: 'warn',
      fields: { event: 'access.left_out', count: 480, codes: { TOKEN_MISSING: 480 } },
    })
    await anonymous(test)
    expect(of(test.log, 'access.refused')).toHaveLength(21)
    vi.advanceTimersByTime(600_000)
    expect(of(test.log, 'access.left_out')).toHaveLength(1)
  })

  it('is counted from 0 in each minute, also after a time without any', async () => {
    const test = testKernel()
    for (const pauseMs of [0, 59_999, 1, 90_000, 30_000]) {
      // The clock jumps as it does for an instance that was frozen: its timers are late.
      vi.setSystemTime(Date.now() + pauseMs)
      for (let count = 0; count < 30; count += 1) await anonymous(test)
    }
    // Three windows: the first two bursts share one, the last two another.
    expect(of(test.log, 'access.refused')).toHaveLength(60)
    expect(of(test.log, 'access.left_out').map(({ fields }) => fields['count'])).toEqual([40, 10])
    vi.advanceTimersByTime(60_000)
    expect(of(test.log, 'access.left_out').map(({ fields }) => fields['count'])).toEqual([40, 10, 40])
  })

  it('of nobody does not hide the refusals of known callers, and one caller not those of another', async () => {
    const test = testKernel()
    for (let count = 0; count < 100; count += 1) await anonymous(test)
    for (let count = 0; count < 50; count += 1) await ask(test, routeFor(readers), as('writer', 'loops'))
    expect(of(test.log, 'access.refused')).toHaveLength(30)
    const other = testKernelOf('somebody-else')
    for (let count = 0; count < 50; count += 1) await ask(other, routeFor(readers), as('writer'))
    other.subject.current = 'quiet'
    await ask(other, routeFor(readers), as('writer'))
    expect(of(other.log, 'access.refused').at(-1)?.fields['subject']).toBe('quiet')
    vi.advanceTimersByTime(60_000)
    expect(of(test.log, 'access.left_out')).toMatchObject([
      { fields: { count: 120, codes: { TOKEN_MISSING: 80, ROLE_MISSING: 40 } } },
    ])
  })

  it('of ever new callers is bounded as well', async () => {
    const test = testKernelOf('0')
    for (let count = 0; count < 300; count += 1) {
      test.subject.current = String(count)
      await ask(test, routeFor(readers), as('writer'))
    }
    expect(of(test.log, 'access.refused')).toHaveLength(100)
  })

  /** A kernel whose callers have the subject that the test says. */
  function testKernelOf(first: string) {
    const subject = { current: first }
    const test = testKernel({
      authenticate: () =>
        Promise.resolve({
          issuer: 'https://issuer.example',
          subject: subject.current,
          application: null,
          roles: new Set(['writer'] as const),
          withheld: new Map(),
          tenantClaim: 'acme',
          tenantKey: 'any',
          expiresAtMs: 4_000_000_000_000,
        }),
    })
    return { ...test, subject }
  }
})

describe('an operator', () => {
  it('leaves a line for each change, with what came of it', async () => {
    const test = testKernel()
    const answer = await ask(test, routeFor({ kind: 'operator' }), operator)
    const failing = routeFor({ kind: 'operator' }, () => {
      throw new TrickleError('TENANT_NOT_FOUND', 'x')
    })
    const failed = await ask(test, failing, operator)
    expect([answer.status, failed.status]).toEqual([200, 404])
    const known = {
      function: 'thing-change',
      subject: 'test',
      issuer: 'https://issuer.example',
      method: 'POST',
    }
    expect(test.log).toMatchObject([
      { level: 'info', fields: { event: 'operator.acted', status: 200, ...known } },
      {
        level: 'warn',
        fields: {
          event: 'operator.failed',
          status: 404,
          code: 'TENANT_NOT_FOUND',
          traceId: failed.json?.['traceId'],
          ...known,
        },
      },
    ])
    expect(JSON.stringify(test.log)).not.toContain('secret')
  })

  it('leaves none for looking', async () => {
    const test = testKernel()
    await ask(test, routeFor({ kind: 'operator' }, undefined, 'GET'), operator)
    expect(test.log).toEqual([])
  })
})

describe('a service', () => {
  const service = (tenant: string): Record<string, string> => ({
    authorization: 'Bearer service,reader',
    'trickle-tenant': tenant,
  })

  it('leaves a line when it begins to act for a tenant, and again after an hour', async () => {
    const test = testKernel()
    const route = routeFor(readers)
    for (const tenant of ['acme', 'acme', 'beta', 'acme']) await ask(test, route, service(tenant))
    expect(test.log).toMatchObject([
      {
        level: 'info',
        fields: { event: 'access.service', tenant: 'acme', subject: 'test', function: 'thing-change' },
      },
      { level: 'info', fields: { event: 'access.service', tenant: 'beta' } },
    ])
    vi.setSystemTime(Date.now() + 3_600_000)
    await ask(test, route, service('acme'))
    expect(test.log).toHaveLength(3)
  })

  it('leaves none when it was refused, but for the refusal', async () => {
    const test = testKernel({ resolveCaller: () => Promise.reject(new TrickleError('TENANT_UNKNOWN', 'x')) })
    await ask(test, routeFor(readers), service('nobody'))
    expect(test.log.map(({ fields }) => fields['event'])).toEqual(['access.refused'])
  })
})
