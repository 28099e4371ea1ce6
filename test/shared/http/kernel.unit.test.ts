import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { TrickleError } from '../../../shared/errors/index.ts'
import {
  defineRouteFor,
  markReplayed,
  reply,
  type Reply,
  type RouteDefinition,
} from '../../../shared/http/index.ts'
import { call, testKernel, type TestTenant } from './harness.ts'

const defineRoute = defineRouteFor<TestTenant>()
const { kernel, log } = testKernel()

type Definition = RouteDefinition<
  TestTenant,
  { kind: 'public' },
  z.ZodObject,
  z.ZodObject,
  z.ZodObject,
  { kind: 'none' }
>

/** A public route whose handler is what a test is about. */
function routeWith(handler: Definition['handler'], options: Partial<Definition> = {}) {
  return defineRoute({
    name: 'thing-read',
    method: 'GET',
    path: '/api/thing',
    summary: 'A thing',
    tags: ['Things'],
    access: { kind: 'public' },
    request: {},
    responses: { 200: { description: 'ok', schema: z.looseObject({}) }, 204: { description: 'nothing' } },
    ...options,
    handler,
  })
}

describe('a good answer', () => {
  it('is JSON with headers that keep it private', async () => {
    const answer = await call(
      kernel,
      routeWith(() => reply(200, { json: { a: JSON.rawJSON('9007199254740993') } })),
    )
    expect(answer.status).toBe(200)
    expect(answer.text).toBe('{"a":9007199254740993}')
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'application/json',
      'content-length': '22',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
    })
  })

  it('hands stored JSON text through as it is', async () => {
    const text = '{ "a" : 1.10, "b":9007199254740993 }'
    expect(
      (
        await call(
          kernel,
          routeWith(() => reply(200, { jsonText: text })),
        )
      ).text,
    ).toBe(text)
  })

  it('may be text, bytes or empty, with headers and a type of its own', async () => {
    const options = { responses: { 200: { description: 'any' }, 204: { description: 'none' } } }
    const text = await call(
      kernel,
      routeWith(() => reply(200, { text: 'ä' }), options),
    )
    expect([text.text, text.headers.get('content-type'), text.headers.get('content-length')]).toEqual([
      'ä',
      'text/plain; charset=utf-8',
      '2',
    ])
    const bytes = await call(
      kernel,
      routeWith(
        () =>
          reply(200, {
            bytes: Uint8Array.of(65),
            contentType: 'image/png',
            headers: { 'cache-control': 'public' },
          }),
        options,
      ),
    )
    expect([bytes.text, bytes.headers.get('content-type'), bytes.headers.get('cache-control')]).toEqual([
      'A',
      'image/png',
      'public',
    ])
    const empty = await call(
      kernel,
      routeWith(() => reply(204), options),
    )
    expect([empty.status, empty.text, empty.headers.get('content-type')]).toEqual([204, '', null])
  })

  it('to HEAD has the headers of GET and no body', async () => {
    const answer = await call(
      kernel,
      routeWith(() => reply(200, { json: { a: 1 }, headers: { ETag: '"1"' } })),
      {
        method: 'HEAD',
      },
    )
    expect([
      answer.status,
      answer.text,
      answer.headers.get('content-length'),
      answer.headers.get('etag'),
    ]).toEqual([200, '', '7', '"1"'])
  })

  it('can be marked as the first answer again', () => {
    expect(markReplayed(reply(201, { json: 1, headers: { ETag: '"1"' } })).headers).toEqual({
      ETag: '"1"',
      'Idempotency-Replayed': 'true',
    })
  })

  it.each([
    ['two bodies', () => reply(200, { json: 1, text: 'x' })],
    ['a body with 204', () => reply(204, { json: 1 })],
    ['status 199', () => reply(199)],
    ['status 600', () => reply(600)],
    ['status 200.5', () => reply(200.5)],
  ])('cannot have %s', (_name, make) => {
    expect(make).toThrow(TypeError)
  })
})

describe('an error', () => {
  it('is a problem document with code, trace id and its own extensions and headers', async () => {
    const route = routeWith(
      () => {
        throw new TrickleError('VERSION_CONFLICT', 'The stream is at version 7.', {
          extensions: { currentVersion: 7, status: 999, code: 'NOT_THIS' },
          headers: { ETag: '"7"' },
          errors: [{ pointer: '/a', message: 'm' }],
        })
      },
      { errors: ['VERSION_CONFLICT'] },
    )
    const answer = await call(kernel, route, {
      traceParent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    })
    expect(answer.status).toBe(412)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('etag')).toBe('"7"')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('retry-after')).toBeNull()
    expect(answer.json).toEqual({
      type: '/api/docs/errors#VERSION_CONFLICT',
      title: 'The stream is not at the expected version',
      status: 412,
      detail: 'The stream is at version 7.',
      instance: '/api/thing',
      code: 'VERSION_CONFLICT',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      retryable: false,
      errors: [{ pointer: '/a', message: 'm' }],
      currentVersion: 7,
    })
    expect(log).toEqual([])
  })

  it.each([
    ['DATABASE_BUSY', '1'],
    ['RATE_LIMITED', '1'],
    ['DEADLINE_EXCEEDED', null],
    ['STREAM_NOT_FOUND', null],
  ] as const)('%s has Retry-After %s', async (code, expected) => {
    const answer = await call(
      kernel,
      routeWith(
        () => {
          throw new TrickleError(code, 'x')
        },
        { errors: [code] },
      ),
    )
    expect(answer.headers.get('retry-after')).toBe(expected)
  })

  it('says itself when to come again', async () => {
    const answer = await call(
      kernel,
      routeWith(
        () => {
          throw new TrickleError('RATE_LIMITED', 'x', { headers: { 'Retry-After': '30' } })
        },
        { errors: ['RATE_LIMITED'] },
      ),
    )
    expect(answer.headers.get('retry-after')).toBe('30')
  })
})

describe('a handler that fails', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic

  it.each<[string, () => Reply | Promise<Reply>]>([
    [
      'throws an error',
      () => {
        throw new Error('boom at postgres://app:hunter2@db:5432')
      },
    ],
    [
      'throws no error',
      () => {
        throw 'boom hunter2'
      },
    ],
    [
      'throws undefined',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom password=hunter2'))],
    ['returns undefined', () => undefined as unknown as Reply],
    ['returns null', () => null as unknown as Reply],
    ['returns something else', () => 'hello' as unknown as Reply],
    ['replies with what is no JSON', () => reply(200, { json: cyclic })],
    ['replies with a bigint', () => reply(200, { json: { a: 1n } })],
    [
      'replies with a header of two lines',
      () => reply(200, { json: {}, headers: { 'X-A': 'a\r\nSet-Cookie: b' } }),
    ],
    ['replies with a header beyond Latin 1', () => reply(200, { json: {}, headers: { Location: '/日本' } })],
    [
      'replies with a control character in a header',
      () => reply(200, { json: {}, headers: { 'X-A': 'a\u0001' } }),
    ],
    ['replies with a header of no name', () => reply(200, { json: {}, headers: { 'a b': 'c' } })],
    ['gives a parse error', () => JSON.parse('{"card":"hunter2" }x') as Reply],
  ])('%s: the client gets 500 and the log one line without secrets', async (_name, handler) => {
    const { kernel: own, log: lines } = testKernel({ verifyResponses: false })
    const answer = await call(own, routeWith(handler))
    expect(answer.status).toBe(500)
    expect(answer.json).toMatchObject({
      code: 'INTERNAL',
      retryable: false,
      traceId: '11111111222233334444555555555555',
    })
    expect(answer.text).not.toMatch(/boom|hunter2/)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 'error',
      fields: { function: 'thing-read', method: 'GET', path: '/api/thing', status: 500, code: 'INTERNAL' },
    })
    expect(JSON.stringify(lines)).not.toContain('hunter2')
  })

  it('logs the chain of causes, redacted', async () => {
    const { kernel: own, log: lines } = testKernel()
    const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`
    const root = new Error(`Bearer ${token} refused, key=${token}`)
    const answer = await call(
      own,
      routeWith(() => {
        throw Object.assign(new Error('outer', { cause: root }), { code: '08006' })
      }),
    )
    expect(answer.status).toBe(500)
    expect(lines[0]?.fields['causes']).toMatchObject([
      { name: 'Error', code: '08006', message: 'outer' },
      { name: 'Error', message: expect.stringContaining('refused') },
    ])
    expect(JSON.stringify(lines)).not.toContain('a'.repeat(20))
  })

  it('warns, and does not cry, about what a retry mends', async () => {
    const { kernel: own, log: lines } = testKernel()
    const handler = () => {
      throw new TrickleError('DATABASE_UNAVAILABLE', 'x', { cause: new Error('down') })
    }
    await call(own, routeWith(handler, { errors: ['DATABASE_UNAVAILABLE'] }))
    expect(lines).toMatchObject([{ level: 'warn', fields: { causes: [{ message: 'down' }] } }])
  })

  it('is answered although its error cannot be written, and the logger fails', async () => {
    const fail = () => {
      throw new Error('logger')
    }
    const { kernel: own } = testKernel({ logger: { error: fail, warn: fail } })
    const answer = await call(
      own,
      routeWith(() => {
        throw new TrickleError('INTERNAL', 'x', { extensions: { cyclic } })
      }),
    )
    expect(answer.status).toBe(500)
    expect(answer.json?.['code']).toBe('INTERNAL')
  })
})

describe('the deadline', () => {
  it('answers 504 although the handler hangs, and aborts its signal', async () => {
    vi.useFakeTimers()
    try {
      const { kernel: own, log: lines } = testKernel()
      let aborted: unknown
      const route = routeWith(({ signal, deadlineAtMs }) => {
        expect(deadlineAtMs).toBe(Date.now() + 30_000)
        signal.addEventListener('abort', () => {
          aborted = signal.reason
        })
        return new Promise<Reply>(() => undefined)
      }, {})
      const answered = call(own, route)
      await vi.advanceTimersByTimeAsync(29_999)
      expect(aborted).toBeUndefined()
      await vi.advanceTimersByTimeAsync(1)
      const answer = await answered
      expect(answer.status).toBe(504)
      expect(answer.json).toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true })
      expect(aborted).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
      expect(lines).toMatchObject([{ level: 'warn', fields: { status: 504, code: 'DEADLINE_EXCEEDED' } }])
    } finally {
      vi.useRealTimers()
    }
  })

  it('leaves no timer behind, and a late failure disturbs nobody', async () => {
    vi.useFakeTimers()
    const unhandled = vi.fn<() => void>()
    process.on('unhandledRejection', unhandled)
    try {
      await call(
        kernel,
        routeWith(() => reply(204)),
      )
      await call(
        kernel,
        routeWith(() => Promise.reject(new Error('x'))),
      )
      expect(vi.getTimerCount()).toBe(0)
      let failLate: (error: Error) => void = () => undefined
      const late = routeWith(() => new Promise<Reply>((_, reject) => (failLate = reject)), { deadlineMs: 10 })
      const answered = call(kernel, late)
      await vi.advanceTimersByTimeAsync(10)
      expect((await answered).status).toBe(504)
      failLate(new Error('late'))
      await vi.advanceTimersByTimeAsync(10)
      vi.useRealTimers()
      await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
      vi.useRealTimers()
    }
  })
})

describe('verifyResponses', () => {
  it.each<[string, () => Reply]>([
    ['a status that is not listed', () => reply(201, { json: {} })],
    ['another form', () => reply(200, { json: [] })],
    ['another form as text', () => reply(200, { jsonText: '[]' })],
    ['JSON without a schema', () => reply(202, { json: {} })],
    [
      'an error that is not listed',
      () => {
        throw new TrickleError('STREAM_NOT_FOUND', 'x')
      },
    ],
  ])('turns %s into 500', async (_name, handler) => {
    const { kernel: own, log: lines } = testKernel()
    const options = {
      responses: { 200: { description: 'ok', schema: z.looseObject({}) }, 202: { description: 'x' } },
    }
    const answer = await call(own, routeWith(handler, options))
    expect(answer.status).toBe(500)
    expect(lines).toHaveLength(1)
  })
})
