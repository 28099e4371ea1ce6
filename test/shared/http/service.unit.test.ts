import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { defineRouteFor, reply } from '../../../shared/http/index.ts'
import type { Access, Caller } from '../../../shared/http/index.ts'
import { as, call, testKernel } from './harness.ts'
import type { TestTenant } from './harness.ts'

const { kernel } = testKernel()

const routeFor = (access: Access, seen = vi.fn<(caller: Caller<TestTenant> | null) => void>()) =>
  defineRouteFor<TestTenant>()({
    name: 'thing-write',
    method: 'POST',
    path: '/api/thing',
    summary: 's',
    tags: ['t'],
    access,
    request: {},
    responses: { 200: { description: 'who', schema: z.unknown() } },
    handler({ caller }) {
      seen(caller)
      return reply(200, {
        json: { kind: caller?.kind, tenant: caller?.kind === 'tenant' ? caller.tenant : null },
      })
    },
  })

const writers: Access = { kind: 'tenant', roles: ['writer', 'admin'] }
const writersOrOperator: Access = { kind: 'tenantOrOperator', roles: ['writer', 'admin'] }
const service = (roles: string, tenant?: string): Record<string, string> => ({
  authorization: `Bearer service${roles === '' ? '' : `,${roles}`}`,
  ...(tenant === undefined ? {} : { 'trickle-tenant': tenant }),
})
const operator = { authorization: 'Bearer operator' }

describe('a service', () => {
  it.each([writers, writersOrOperator])('acts for the tenant that it names: %o', async (access) => {
    const answer = await call(kernel, routeFor(access), { headers: service('writer', 'acme') })
    expect([answer.status, answer.json]).toEqual([200, { kind: 'tenant', tenant: { slug: 'acme' } }])
  })

  it.each([writers, writersOrOperator])(
    'is told by a code of its own that it names no tenant: %o',
    async (access) => {
      const handler = vi.fn<(caller: Caller<TestTenant> | null) => void>()
      const answer = await call(kernel, routeFor(access, handler), { headers: service('writer') })
      expect([answer.status, answer.json?.['code']]).toEqual([400, 'TENANT_HEADER_MISSING'])
      expect(answer.json?.['detail']).toContain('Trickle-Tenant')
      expect(handler).not.toHaveBeenCalled()
    },
  )

  it.each<[string, Access, Record<string, string>]>([
    ['without the role of the route', writers, service('reader', 'acme')],
    ['without any role beside', writers, service('', 'acme')],
    ['on a route of operators', { kind: 'operator' }, service('writer', 'acme')],
  ])('is refused %s', async (_name, access, headers) => {
    const answer = await call(kernel, routeFor(access), { headers })
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'ROLE_MISSING'])
  })

  it.each(['', ' ', 'a, b', 'acme,', 'acme\u00e9', 'caf\u00e9', 'a\tb', 'x'.repeat(256)])(
    'is refused with "%s" for a tenant',
    async (tenant) => {
      const answer = await call(kernel, routeFor(writers), { headers: service('writer', tenant) })
      expect([answer.status, answer.json?.['code']]).toEqual([400, 'TENANT_HEADER_INVALID'])
      expect(answer.json?.['errors']).toEqual([
        { pointer: 'Trickle-Tenant', message: 'has a form that is not allowed' },
      ])
    },
  )

  it.each(['acme', 'ACME', '0d1f2c3b-1111-2222-3333-444455556666', 'auth0|7', 'a b', 'x'.repeat(255)])(
    'may name "%s"',
    async (tenant) => {
      const answer = await call(kernel, routeFor(writers), { headers: service('writer', tenant) })
      expect(answer.json).toEqual({ kind: 'tenant', tenant: { slug: tenant } })
    },
  )
})

describe('an operator', () => {
  it.each<[string, Access]>([
    ['its own routes', { kind: 'operator' }],
    ['routes that tenants share with it', writersOrOperator],
    ['routes of tenants', writers],
  ])('with the header is refused on %s: it would look as if it counted', async (_name, access) => {
    const headers = { ...operator, 'trickle-tenant': 'acme' }
    const answer = await call(kernel, routeFor(access), { headers })
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'TENANT_CONTEXT_REFUSED'])
  })
})

describe('the header', () => {
  it('means nothing where nobody acts for a tenant', async () => {
    for (const kind of ['public', 'publicOrOperator'] as const) {
      const answer = await call(kernel, routeFor({ kind }), { headers: { 'trickle-tenant': 'a, b' } })
      expect(answer.status).toBe(200)
    }
  })

  it('reaches the search for the tenant beside a tenant’s own token', async () => {
    const resolveCaller = vi.fn<(identity: unknown, limits: unknown, named: string | null) => Promise<never>>(
      () => Promise.reject(new Error('enough')),
    )
    const own = testKernel({ resolveCaller })
    await call(own.kernel, routeFor(writers), { headers: { ...as('writer'), 'trickle-tenant': 'other' } })
    expect(resolveCaller.mock.calls[0]?.[2]).toBe('other')
    await call(own.kernel, routeFor(writers), { headers: as('writer') })
    expect(resolveCaller.mock.calls[1]?.[2]).toBeNull()
  })
})

describe('a role that does not count', () => {
  it('is named in the refusal, with the reason', async () => {
    const own = testKernel({
      authenticate: () =>
        Promise.resolve({
          issuer: 'https://elsewhere.example',
          subject: 's',
          application: null,
          roles: new Set(['reader'] as const),
          withheld: new Map([['operator', 'its issuer may not grant the role operator']] as const),
          tenantClaim: null,
          tenantKey: 'any',
          expiresAtMs: 4_000_000_000_000,
        }),
    })
    for (const access of [{ kind: 'operator' }, writers] as const) {
      const answer = await call(own.kernel, routeFor(access), { headers: operator })
      expect(answer.status).toBe(403)
      expect(answer.json?.['detail']).toContain('operator (its issuer may not grant the role operator)')
    }
  })
})
