import { describe, expect, it } from 'vitest'
import { buildOpenApiDocument, defineRoute, notFoundRoute, reply } from '../../../shared/http/index.ts'
import type { Access, Route, SplitApp } from '../../../shared/http/index.ts'
import type { RunsOn, Side } from '../../../shared/sides/index.ts'
import { call, testKernel } from './harness.ts'

const accesses = {
  public: { kind: 'public' },
  tenant: { kind: 'tenant', roles: ['reader'] },
  operator: { kind: 'operator' },
  mixed: { kind: 'tenantOrOperator', roles: ['writer'] },
} as const satisfies Record<string, Access>

function route(kind: keyof typeof accesses, runsOn?: RunsOn): Route<unknown> {
  return defineRoute({
    name: `a-${kind}`,
    method: 'POST',
    path: `/api/${kind}`,
    summary: 's',
    tags: ['t'],
    access: accesses[kind],
    request: {},
    responses: { 204: { description: 'ok' } },
    ...(runsOn === undefined ? {} : { runsOn }),
    handler: () => reply(204),
  })
}

const splitOf = (side: Side, otherUrl: string | null): SplitApp => ({ side, otherUrl: () => otherUrl })

describe('a route runs', () => {
  it.each<[keyof typeof accesses, RunsOn]>([
    ['public', 'public'],
    ['tenant', 'public'],
    ['operator', 'background'],
    ['mixed', 'both'],
  ])('where its callers are served: %s on %s', (kind, runsOn) => {
    expect(route(kind)).toMatchObject({ runsOn, isByCaller: kind === 'mixed' })
  })

  it('elsewhere where it says so, for all of its callers', () => {
    expect(route('operator', 'public')).toMatchObject({ runsOn: 'public', isByCaller: false })
    expect(route('mixed', 'both')).toMatchObject({ runsOn: 'both', isByCaller: false })
  })

  it('and the reference says where', async () => {
    const document = (await buildOpenApiDocument([route('tenant'), route('operator'), route('mixed')], {
      title: 't',
      version: '1',
    })) as { paths: Record<string, { post: Record<string, unknown> }> }
    const said = Object.values(document.paths).map(({ post }) => [post['x-trickle-app'], post['description']])
    expect(said).toEqual([
      ['public', expect.not.stringContaining('two apps')],
      ['background', expect.stringMatching(/as two apps, the background one serves it\.$/)],
      [
        { tenant: 'public', operator: 'background' },
        expect.stringMatching(/the public one serves tenants and services, the background one operators\.$/),
      ],
    ])
  })
})

describe('a route for tenants and operators', () => {
  const ask = async (side: Side | undefined, as: string, to = route('mixed')) => {
    const { kernel } = testKernel(side === undefined ? {} : { split: splitOf(side, 'https://other.example') })
    const { status, json } = await call(kernel, to, { headers: { authorization: `Bearer ${as}` } })
    return [status, json?.['code'], json?.['detail']]
  }

  it.each<[Side | undefined, string]>([
    [undefined, 'writer@acme'],
    [undefined, 'operator'],
    ['public', 'writer@acme'],
    ['background', 'operator'],
  ])('in the app %s answers %s', async (side, as) => {
    expect((await ask(side, as))[0]).toBe(204)
  })

  it('leads an operator from the public app to the background one', async () => {
    expect(await ask('public', 'operator')).toEqual([
      421,
      'SERVED_BY_OTHER_APP',
      'On this path operators are served by the background app, at https://other.example; this is the public app.',
    ])
  })

  it('leads a tenant and a service from the background app to the public one', async () => {
    const detail =
      'On this path tenants and services are served by the public app, at https://other.example; this is the background app.'
    expect(await ask('background', 'writer@acme')).toEqual([421, 'SERVED_BY_OTHER_APP', detail])
  })

  it('tells only callers with a role for it', async () => {
    expect((await ask('background', 'reader@acme'))[1]).toBe('ROLE_MISSING')
  })

  it('answers both in both apps where it says so', async () => {
    expect((await ask('background', 'writer@acme', route('mixed', 'both')))[0]).toBe(204)
  })
})

describe('what the other app serves', () => {
  const ask = async (method: string, path: string, otherUrl: string | null = 'https://other.example') => {
    const { kernel } = testKernel()
    const here = [route('tenant'), { ...route('public'), path: '/api/operator', method: 'GET' as const }]
    const catchAll = notFoundRoute(here, {
      routes: [route('operator')],
      split: splitOf('public', otherUrl),
    })
    return call(kernel, catchAll, { method, path, params: { path: 'x' } })
  }

  it('is 421 with its address', async () => {
    const answer = await ask('POST', '/api/operator')
    expect([answer.status, answer.json?.['code'], answer.json?.['detail']]).toEqual([
      421,
      'SERVED_BY_OTHER_APP',
      'POST on this path is served by the background app, at https://other.example; this is the public app.',
    ])
  })

  it('is said without an address where this app knows none', async () => {
    expect((await ask('POST', '/api/operator', null)).json?.['detail']).toBe(
      'POST on this path is served by the background app, whose address this app was not told; this is the public app.',
    )
  })

  it('stays 405 for a method that neither takes, and lists those of both', async () => {
    const answer = await ask('DELETE', '/api/operator')
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
  })

  it('stays 404 for a path that neither has', async () => {
    expect((await ask('POST', '/api/nothing')).status).toBe(404)
  })
})
