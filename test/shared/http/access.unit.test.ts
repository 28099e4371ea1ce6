import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { TrickleError } from '../../../shared/errors/index.ts'
import { defineRouteFor, reply } from '../../../shared/http/index.ts'
import type { Access, Caller } from '../../../shared/http/index.ts'
import { as, call, testKernel } from './harness.ts'
import type { TestTenant } from './harness.ts'

const defineRoute = defineRouteFor<TestTenant>()
const operator = { authorization: 'Bearer operator' }

const routeFor = (access: Access, handler = vi.fn<(caller: Caller<TestTenant> | null) => void>()) =>
  defineRoute({
    name: 'thing-write',
    method: 'POST',
    path: '/api/thing',
    summary: 's',
    tags: ['t'],
    access,
    request: { body: { kind: 'json', schema: z.unknown(), maxBytes: 10 } },
    responses: { 200: { description: 'who', schema: z.unknown() } },
    handler({ caller }) {
      handler(caller)
      return reply(200, {
        json: { kind: caller?.kind, tenant: caller?.kind === 'tenant' ? caller.tenant : null },
      })
    },
  })

const good = { headers: { 'content-type': 'application/json' }, body: '1' }
const asCaller = (who: Record<string, string>) => ({ ...good, headers: { ...good.headers, ...who } })

describe('access', () => {
  const { kernel } = testKernel()
  const tenant: Access = { kind: 'tenant', roles: ['writer', 'admin'] }
  const either: Access = { kind: 'tenantOrOperator', roles: ['admin'] }
  const acme = { kind: 'tenant', tenant: { slug: 'acme' } }
  const anOperator = { kind: 'operator', tenant: null }

  it.each<[string, Access, Record<string, string>, object]>([
    ['writer', tenant, as('writer'), acme],
    ['admin', tenant, as('reader,admin'), acme],
    ['operator', { kind: 'operator' }, operator, anOperator],
    ['operator or admin, as operator', either, operator, anOperator],
    ['operator or admin, as admin', either, as('admin'), acme],
    ['nobody', { kind: 'public' }, {}, { tenant: null }],
    ['nobody, where an operator would see more', { kind: 'publicOrOperator' }, {}, { tenant: null }],
    ['an operator, who sees more', { kind: 'publicOrOperator' }, operator, anOperator],
    ['a tenant, who does not', { kind: 'publicOrOperator' }, as('reader,admin'), { tenant: null }],
    ['somebody without roles, who does not', { kind: 'publicOrOperator' }, as(''), { tenant: null }],
    [
      'nobody, with a token that nobody looks at',
      { kind: 'public' },
      { authorization: 'x' },
      { tenant: null },
    ],
  ])('is given to %s', async (_name, access, who, expected) => {
    const answer = await call(kernel, routeFor(access), asCaller(who))
    expect([answer.status, answer.json]).toEqual([200, expected])
  })

  it.each<[string, Access, Record<string, string>, number, string]>([
    ['no token', tenant, {}, 401, 'TOKEN_MISSING'],
    ['reader', tenant, as('reader'), 403, 'ROLE_MISSING'],
    ['no role', tenant, as(''), 403, 'ROLE_MISSING'],
    ['operator on a tenant route', tenant, operator, 403, 'TENANT_MISSING'],
    ['writer without tenant', tenant, { authorization: 'Bearer writer' }, 403, 'TENANT_MISSING'],
    ['admin on an operator route', { kind: 'operator' }, as('admin'), 403, 'ROLE_MISSING'],
    ['writer where admin is needed', either, as('writer'), 403, 'ROLE_MISSING'],
    [
      'a token that is none, where none is needed',
      { kind: 'publicOrOperator' },
      { authorization: 'x' },
      401,
      'TOKEN_MISSING',
    ],
    ['admin without tenant', either, { authorization: 'Bearer admin' }, 403, 'TENANT_MISSING'],
  ])('is refused to %s', async (_name, access, who, status, code) => {
    const handler = vi.fn<(caller: Caller<TestTenant> | null) => void>()
    const resolveCaller = vi.fn<() => Promise<never>>()
    const own = testKernel({ resolveCaller })
    const answer = await call(own.kernel, routeFor(access, handler), asCaller(who))
    expect([answer.status, answer.json?.['code']]).toEqual([status, code])
    expect(handler).not.toHaveBeenCalled()
    expect(resolveCaller).not.toHaveBeenCalled()
  })

  it('says which roles are needed, in the challenge too', async () => {
    const answer = await call(kernel, routeFor(tenant), asCaller(as('reader')))
    expect(answer.json?.['detail']).toBe('This route requires one of the roles writer, admin.')
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="trickle", error="insufficient_scope", error_description="This route requires one of the roles writer, admin."',
    )
  })

  it('is decided before the body is looked at, and the tenant is found before it too', async () => {
    const bad = { headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(100) }
    expect((await call(kernel, routeFor(tenant), bad)).status).toBe(401)
    expect(
      (await call(kernel, routeFor(tenant), { ...bad, headers: { ...bad.headers, ...as('reader') } })).status,
    ).toBe(403)
    const suspended = testKernel({
      resolveCaller: () => Promise.reject(new TrickleError('TENANT_SUSPENDED', 'x')),
    })
    const answer = await call(suspended.kernel, routeFor(tenant), {
      ...bad,
      headers: { ...bad.headers, ...as('admin') },
    })
    expect(answer.json?.['code']).toBe('TENANT_SUSPENDED')
  })

  it('gives the search for the tenant the limits of the request', async () => {
    const resolveCaller = vi.fn<(identity: unknown, limits: { signal: AbortSignal }) => Promise<never>>(() =>
      Promise.reject(new TrickleError('TENANT_UNKNOWN', 'x')),
    )
    const own = testKernel({ resolveCaller })
    await call(own.kernel, routeFor(tenant), asCaller(as('admin')))
    expect(resolveCaller.mock.calls[0]?.[1].signal).toBeInstanceOf(AbortSignal)
  })
})
