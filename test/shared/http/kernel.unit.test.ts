import { describe, expect, it } from 'vitest'
import { TrickleError } from '../../../shared/errors/index.ts'
import { markReplayed, reply } from '../../../shared/http/index.ts'
import { call, routeWith, testKernel } from './harness.ts'

const { kernel, log } = testKernel()

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
    ['OUTCOME_UNKNOWN', '1'],
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
          throw new TrickleError('DATABASE_BUSY', 'x', { headers: { 'Retry-After': '30' } })
        },
        { errors: ['DATABASE_BUSY'] },
      ),
    )
    expect(answer.headers.get('retry-after')).toBe('30')
  })
})
