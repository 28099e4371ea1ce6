import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineRouteFor, reply } from '../../../shared/http/index.ts'
import { call, testKernel } from './harness.ts'
import type { CallOptions, TestTenant } from './harness.ts'

const defineRoute = defineRouteFor<TestTenant>()
const { kernel } = testKernel()

const routeWith = (
  name: string,
  path: `/api/${string}`,
  idempotency: 'receipt' | 'none',
  method: 'POST' | 'PUT' = 'POST',
) =>
  defineRoute({
    name,
    method,
    path,
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: {
      params: z.strictObject({ id: z.string() }),
      query: z.object({ dry: z.string().optional() }),
      body: {
        kind: 'json',
        schema: z.unknown(),
        maxBytes: 1000,
        mediaTypes: ['application/json', 'application/x+json'],
      },
    },
    responses: { 200: { description: 'ok', schema: z.unknown() } },
    idempotency,
    handler: ({ idempotency }) =>
      reply(200, {
        json:
          idempotency === null
            ? null
            : { key: idempotency.key, print: idempotency.fingerprint.toString('hex') },
      }),
  })

const things = routeWith('things', '/api/things/{id}', 'receipt')

const send = async (
  options: CallOptions & { key?: string | null; route?: typeof things; type?: string } = {},
) => {
  const { key = 'k1', route = things, type = 'application/json', ...rest } = options
  return call(kernel, route, {
    path: '/api/things/1',
    params: { id: '1' },
    body: '{"a":1,"b":[1.0,"x"]}',
    headers: { 'content-type': type, ...(key === null ? {} : { 'idempotency-key': key }) },
    ...rest,
  })
}
const printOf = async (options: Parameters<typeof send>[0]) => (await send(options)).json?.['print']

describe('Idempotency-Key', () => {
  it('comes with a fingerprint of 32 bytes', async () => {
    expect((await send()).json).toEqual({ key: 'http:k1', print: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect((await send({ key: null })).text).toBe('null')
  })

  it('has the same fingerprint however the same request is written, and whatever its key', async () => {
    const print = await printOf({})
    expect(await printOf({ body: ' { "b" : [ 1, "\\u0078" ], "a" : 1e0 } ' })).toBe(print)
    expect(await printOf({ type: 'Application/JSON;charset=utf-8' })).toBe(print)
    expect(await printOf({ key: 'k2' })).toBe(print)
  })

  it('has another fingerprint for another request', async () => {
    const prints = await Promise.all([
      printOf({}),
      printOf({ body: '{"a":1,"b":[1,"y"]}' }),
      printOf({ body: '{"a":"1","b":[1,"x"]}' }),
      printOf({ params: { id: '2' } }),
      printOf({ path: '/api/things/1?dry=1' }),
      printOf({ type: 'application/x+json' }),
      printOf({ route: routeWith('others', '/api/others/{id}', 'receipt') }),
      printOf({ route: routeWith('things-put', '/api/things/{id}', 'receipt', 'PUT') }),
    ])
    expect(new Set(prints).size).toBe(prints.length)
  })

  it.each([
    ['!', '!'],
    ['~'.repeat(200), '~'.repeat(200)],
    ['{"a":1}', '{"a":1}'],
    ['a"b"', 'a"b"'],
    // A string of a structured header, as the IETF's draft has it, is the key between its quotes.
    ['"quoted"', 'quoted'],
    [String.raw`"a\\b\"c"`, String.raw`a\b"c`],
    [`"${'~'.repeat(200)}"`, '~'.repeat(200)],
  ])('may be %s, and is kept with the door it came through', async (key, kept) => {
    expect((await send({ key })).json?.['key']).toBe(`http:${kept}`)
  })

  it.each(['', 'a b', 'a,  b', 'x'.repeat(201), 'ü', 'a\tb', '"', '""', '"a', '"a"b', '"a b"', '"a";p=1'])(
    'may not be "%s"',
    async (key) => {
      expect((await send({ key })).json).toMatchObject({ status: 400, code: 'INVALID_IDEMPOTENCY_KEY' })
    },
  )

  it('is refused where no receipt is kept, and ignored by reads', async () => {
    const none = routeWith('none', '/api/things/{id}', 'none')
    const answer = await send({ route: none })
    expect(answer.json).toMatchObject({
      code: 'INVALID_IDEMPOTENCY_KEY',
      detail: expect.stringContaining('no receipts'),
    })
    expect((await send({ route: none, key: null })).status).toBe(200)
    const reading = defineRoute({
      name: 'read',
      method: 'GET',
      path: '/api/things',
      summary: 's',
      tags: ['t'],
      access: { kind: 'public' },
      request: {},
      responses: { 200: { description: 'ok', schema: z.null() } },
      handler: ({ idempotency }) => reply(200, { json: idempotency }),
    })
    expect((await call(kernel, reading, { headers: { 'idempotency-key': 'a b' } })).text).toBe('null')
  })
})
