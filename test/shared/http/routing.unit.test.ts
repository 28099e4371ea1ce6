import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  defineRoute,
  defineRouteFor,
  findOverlaps,
  notFoundRoute,
  registerRoutes,
  reply,
} from '../../../shared/http/index.ts'
import type { FunctionsApp, JsonBody, Route, RouteMethod } from '../../../shared/http/index.ts'
import { call, testKernel } from './harness.ts'
import type { TestTenant } from './harness.ts'

function route(name: string, method: RouteMethod, path: `/api/${string}`): Route<unknown> {
  const names = [...path.matchAll(/\{\*?(\w+)\}/g)].map(([, found = '']) => [found, z.string()])
  return defineRoute({
    name,
    method,
    path,
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: names.length === 0 ? {} : { params: z.strictObject(Object.fromEntries(names)) },
    responses: { 204: { description: 'ok' } },
    handler: () => reply(204),
  })
}

describe('findOverlaps', () => {
  it('is content with routes that no request can confuse', () => {
    const routes = [
      route('a', 'GET', '/api/streams/{streamId}'),
      route('b', 'POST', '/api/streams/{streamId}'),
      route('c', 'GET', '/api/streams/{streamId}/events'),
      route('d', 'GET', '/api/events'),
      route('e', 'GET', '/api/events/{id}'),
      route('f', 'GET', '/api/streams/{streamId}/events/last'),
    ]
    expect(findOverlaps([...routes, notFoundRoute(routes)])).toEqual([])
  })

  it.each<[string, Route<unknown>, Route<unknown>, string]>([
    ['the same template', route('a', 'GET', '/api/x/{id}'), route('b', 'GET', '/api/x/{name}'), 'overlap'],
    [
      'a literal under a parameter',
      route('a', 'GET', '/api/x/{id}'),
      route('b', 'GET', '/api/x/search'),
      'overlap',
    ],
    ['crossed parameters', route('a', 'GET', '/api/{a}/x'), route('b', 'GET', '/api/y/{b}'), 'overlap'],
    ['another case', route('a', 'GET', '/api/x'), route('b', 'GET', '/api/X'), 'overlap'],
    ['a rest', route('a', 'GET', '/api/x/{*all}'), route('b', 'GET', '/api/x/y/z'), 'overlap'],
    ['the same name', route('a', 'GET', '/api/x'), route('a', 'POST', '/api/y'), 'named a'],
  ])('finds %s', (_name, left, right, message) => {
    expect(findOverlaps([left, right])).toEqual([expect.stringContaining(message)])
  })

  it('demands that the catch-all has the last name', () => {
    const late = route('zzz', 'GET', '/api/x')
    expect(findOverlaps([late, notFoundRoute([late])])).toEqual([expect.stringContaining('last name')])
  })
})

describe('registerRoutes', () => {
  it('registers each route by name, path and methods, without function keys', () => {
    const { kernel } = testKernel()
    const routes = [route('a', 'GET', '/api/x/{id}'), route('b', 'POST', '/api/x/{id}')]
    const registered: unknown[] = []
    const app: FunctionsApp = {
      http: (name, { route: path, methods, authLevel, handler }) =>
        registered.push([name, path, methods, authLevel, typeof handler]),
    }
    registerRoutes<TestTenant>(app, kernel, [...routes, notFoundRoute(routes)])
    expect(registered).toEqual([
      ['a', 'api/x/{id}', ['GET', 'HEAD'], 'anonymous', 'function'],
      ['b', 'api/x/{id}', ['POST'], 'anonymous', 'function'],
      [
        'zz-not-found',
        'api/{*path}',
        ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        'anonymous',
        'function',
      ],
    ])
  })

  it('registers nothing where two routes overlap', () => {
    const registered: string[] = []
    const app: FunctionsApp = { http: (name) => registered.push(name) }
    const routes = [route('a', 'GET', '/api/x'), route('b', 'GET', '/api/{y}')]
    expect(() => registerRoutes(app, testKernel().kernel, routes)).toThrow('overlap')
    expect(registered).toEqual([])
  })
})

describe('what no route takes', () => {
  const { kernel } = testKernel()
  const routes = [
    route('a', 'GET', '/api/streams/{streamId}/events'),
    route('b', 'POST', '/api/streams/{streamId}/events'),
    route('c', 'DELETE', '/api/things/{id}'),
  ]
  const catchAll = notFoundRoute(routes)
  const ask = (method: string, path: string, body?: string) =>
    call(kernel, catchAll, { method, path, params: { path: 'x' }, ...(body === undefined ? {} : { body }) })

  it.each([
    ['GET', '/api/nothing'],
    ['POST', '/api/streams/s1'],
    ['GET', '/api/streams//events'],
    ['GET', '/api/streams/a/b/events'],
    ['DELETE', '/api'],
  ])('%s %s is 404 with a hint', async (method, path) => {
    const answer = await ask(method, path)
    expect(answer.status).toBe(404)
    expect(answer.json).toMatchObject({
      code: 'ROUTE_NOT_FOUND',
      detail: expect.stringContaining('/api/docs'),
    })
  })

  it.each([
    ['PUT', '/api/streams/s1/events', 'GET, HEAD, POST'],
    ['OPTIONS', '/API/Streams/s1/EVENTS/?x=1&x=2', 'GET, HEAD, POST'],
    ['GET', '/api/things/%20', 'DELETE'],
  ])('%s %s is 405 with Allow: %s', async (method, path, allow) => {
    const answer = await ask(method, path)
    expect([answer.status, answer.headers.get('allow'), answer.json?.['code']]).toEqual([
      405,
      allow,
      'METHOD_NOT_ALLOWED',
    ])
  })

  it('looks at no input', async () => {
    expect((await ask('PATCH', '/api/nothing?a=%ff', 'not json')).status).toBe(404)
    const head = await ask('HEAD', '/api/nothing')
    expect([head.status, head.text]).toEqual([404, ''])
  })
})

describe('defineRoute', () => {
  const base = {
    name: 'thing',
    method: 'POST',
    path: '/api/things/{id}',
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: { params: z.strictObject({ id: z.string() }) },
    responses: { 204: { description: 'ok' } },
    handler: () => reply(204),
  } as const
  const json = (schema: z.ZodType): JsonBody => ({ kind: 'json', schema, maxBytes: 10 })
  const define = (change: object) => () => defineRoute({ ...base, ...change })

  it.each<[string, object, string]>([
    ['a name with capitals', { name: 'Thing' }, 'name'],
    ['a path outside of /api/', { path: '/admin/x' }, '/api/'],
    ['a parameter without schema', { request: {} }, 'params schema'],
    ['a schema without parameter', { path: '/api/things' }, 'params schema'],
    ['a constraint', { path: '/api/things/{id:int}' }, 'not understood'],
    ['a parameter named twice', { path: '/api/{id}/{ID}' }, 'twice'],
    [
      'a header with capitals',
      { request: { ...base.request, headers: z.object({ 'If-Match': z.string() }) } },
      'lower case',
    ],
    [
      'a GET with a body',
      { method: 'GET', request: { ...base.request, body: json(z.unknown()) } },
      'no body',
    ],
    ['a GET with a receipt', { method: 'GET', idempotency: 'receipt' }, 'receipt'],
    [
      'a stream with a receipt',
      { idempotency: 'receipt', request: { ...base.request, body: { kind: 'stream', mediaTypes: ['a/b'] } } },
      'fingerprint',
    ],
    ['a deadline beyond the platform', { deadlineMs: 230_000 }, 'deadline'],
    ['no response', { responses: {} }, 'response'],
    ['no role', { access: { kind: 'tenant', roles: [] } }, 'role'],
    [
      'a media type with parameters',
      { request: { ...base.request, body: { ...json(z.unknown()), mediaTypes: ['a/b;c=d'] } } },
      'media type',
    ],
    ['a lax body', { request: { ...base.request, body: json(z.object({})) } }, 'body drops unknown members'],
    [
      'a lax object deep in a body',
      {
        request: {
          ...base.request,
          body: json(z.union([z.string(), z.strictObject({ a: z.array(z.object({})).optional() })])),
        },
      },
      'body.a[] drops unknown members',
    ],
  ])('refuses %s', (_name, change, message) => {
    expect(define(change)).toThrow(message)
  })

  it('accepts loose objects, said so', () => {
    expect(
      define({ request: { ...base.request, body: json(z.strictObject({ a: z.looseObject({}) })) } }),
    ).not.toThrow()
  })

  it('types what a handler is given', () => {
    const typed = defineRouteFor<TestTenant>()
    typed({
      ...base,
      access: { kind: 'tenant', roles: ['writer'] },
      request: {
        params: z.strictObject({ id: z.string() }),
        query: z.object({ n: z.string().transform(Number) }),
        body: {
          kind: 'json',
          schema: z.strictObject({ at: z.string().transform((text) => new Date(text)) }),
          maxBytes: 10,
        },
      },
      handler({ params, query, body, caller }) {
        const slug: string = caller.tenant.slug
        const id: string = params.id
        const sum: number = query.n + 1
        const at: Date = body.at
        // @ts-expect-error no such member
        const missing: unknown = params.other
        return reply(200, { json: [slug, id, sum, at, missing] })
      },
    })
    expect(typeof typed).toBe('function')
  })
})
