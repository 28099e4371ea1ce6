import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineErrors, TrickleError } from '../../../shared/errors/index.ts'
import { jsonPointer } from '../../../shared/json/index.ts'
import { defineRouteFor, jsonBody, reply } from '../../../shared/http/index.ts'
import type { StreamBody } from '../../../shared/http/index.ts'
import { call, testKernel } from './harness.ts'
import type { CallOptions, TestTenant } from './harness.ts'

const defineRoute = defineRouteFor<TestTenant>()
const { kernel } = testKernel()
const echo = { 200: { description: 'what the handler got', schema: z.unknown() } }
const common = { summary: 's', tags: ['t'], access: { kind: 'public' }, responses: echo } as const

/** A context's own error reaches the client as one of the catalogue does. */
const ownErrors = defineErrors({ BINARY_REFUSED: { status: 422, title: 'No bytes here' } })

const bodySchema = z.union([
  z.strictObject({ type: z.string().min(1), data: z.unknown(), version: z.int().optional() }),
  z.strictObject({
    events: z.array(z.strictObject({ type: z.string().min(1), 'a/b': z.int().optional() })).max(3),
  }),
])

const writing = defineRoute({
  ...common,
  name: 'events-append',
  method: 'POST',
  path: '/api/streams/{streamId}/events',
  request: {
    params: z.strictObject({ streamId: z.string() }),
    body: jsonBody({
      schema: bodySchema,
      maxBytes: 1000,
      mediaTypes: ['application/json', 'application/cloudevents+json'],
      transform: (json, mediaType) => {
        if (mediaType === 'application/json') return { value: json, pointerTo: jsonPointer }
        const { type, data, data_base64: binary } = z.looseObject({}).parse(json)
        if (binary !== undefined) throw new TrickleError(ownErrors.BINARY_REFUSED, 'x')
        return { value: { type, data }, pointerTo: (path) => `/cloud${jsonPointer(path)}` }
      },
    }),
  },
  errors: [ownErrors.BINARY_REFUSED],
  handler: ({ body, mediaType, params }) => reply(200, { json: { body, mediaType, params } }),
})

const write = (body: CallOptions['body'], headers: Record<string, string> = {}, options: CallOptions = {}) =>
  call(kernel, writing, {
    params: { streamId: 's1' },
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
    ...options,
  })

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

describe('a JSON body', () => {
  it('reaches the handler with its media type and exact numbers', async () => {
    const answer = await write('{"type":"t","data":{"n":9007199254740993,"__proto__":1}}')
    expect(answer.text).toBe(
      '{"body":{"type":"t","data":{"n":9007199254740993,"__proto__":1}},"mediaType":"application/json","params":{"streamId":"s1"}}',
    )
    const chunked = await write(chunks('{"type":', '"ä', '","data":1}'), {
      'content-type': 'Application/JSON; Charset="UTF-8"',
    })
    expect(chunked.json?.['body']).toEqual({ type: 'ä', data: 1 })
  })

  it('of another media type is transformed first, and may be refused there', async () => {
    const type = { 'content-type': 'application/cloudevents+json' }
    expect((await write('{"specversion":"1.0","type":"t","data":7}', type)).json).toMatchObject({
      body: { type: 't', data: 7 },
      mediaType: 'application/cloudevents+json',
    })
    expect((await write('{"data_base64":"AA=="}', type)).json).toMatchObject({
      code: 'BINARY_REFUSED',
      status: 422,
      title: 'No bytes here',
      retryable: false,
    })
  })

  it.each([
    ['{"type":"t"', 'MALFORMED_JSON'],
    ['', 'MALFORMED_JSON'],
    ['{"type":"t","data":"\\u0000"}', 'INVALID_TEXT'],
    ['{"type":"t","data":"\\ud800"}', 'INVALID_TEXT'],
    ['{"type":"t","data":12345678901234567890}', 'NUMBER_NOT_EXACT'],
    ['{"type":"t","data":1e400}', 'NUMBER_NOT_EXACT'],
    [`{"type":"t","data":${'['.repeat(101)}${']'.repeat(101)}}`, 'JSON_TOO_DEEP'],
    [Uint8Array.of(0x22, 0xff, 0x22), 'MALFORMED_JSON'],
  ])('%s is %s', async (body, code) => {
    const answer = await write(body)
    expect([answer.status, answer.json?.['code']]).toEqual([400, code])
  })

  it.each([
    ['{"type":"t","data":1,"extra":2}', [{ pointer: '/extra', message: 'is not known here' }]],
    ['{"type":"","data":1}', [{ pointer: '/type', message: 'must have at least 1 character' }]],
    ['{"type":"t"}', [{ pointer: '/data', message: expect.any(String) }]],
    ['{"events":[{"type":"t","typ":1}]}', [{ pointer: '/events/0/typ', message: 'is not known here' }]],
    ['{"events":[{"type":"t"},{"type":1}]}', [{ pointer: '/events/1/type', message: expect.any(String) }]],
    [
      '{"events":[{"type":1},{"type":2},{"type":3}]}',
      [0, 1, 2].map((index) => ({ pointer: `/events/${index}/type`, message: expect.any(String) })),
    ],
    ['{"events":[{"type":"t","a/b":1.5}]}', [{ pointer: '/events/0/a~1b', message: expect.any(String) }]],
    [
      '{"type":"t","data":1,"version":9007199254740993}',
      [{ pointer: '/version', message: 'Integers beyond 2^53 are not accepted here' }],
    ],
  ])('%s is refused where it is wrong', async (body, errors) => {
    const answer = await write(body)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ code: 'VALIDATION_FAILED', errors })
    expect(answer.json?.['errors']).toHaveLength(errors.length)
  })

  it.each(['7', '"x"', 'null', '[]'])('%s is refused as a whole', async (body) => {
    const answer = await write(body)
    expect(answer.json).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ pointer: '' }] })
  })

  it('never shows up in an answer', async () => {
    for (const body of [
      '{"type":"hunter2" "x"}',
      '{"type":["hunter2"],"data":"hunter2"}',
      '["hunter2\\u0000"]',
    ]) {
      expect((await write(body)).text).not.toContain('hunter2')
    }
  })
})

describe('the form of a body', () => {
  const body = '{"type":"t","data":1}'

  it.each([
    [{ 'content-type': 'text/plain' }, '"text/plain"'],
    [
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Accepted here: application/json, application/cloudevents+json',
    ],
    [{ 'content-type': 'application/json, text/plain' }, 'not one media type'],
    [{ 'content-type': 'json' }, 'not one media type'],
    [{ 'content-type': '' }, 'missing'],
    [{ 'content-type': 'application/json; charset=latin1' }, 'UTF-8'],
    [{ 'content-type': 'application/json;charset="utf-16"' }, 'UTF-8'],
    [{ 'content-encoding': 'gzip' }, 'Content-Encoding'],
    [{ 'content-encoding': 'identity, br' }, 'Content-Encoding'],
  ])('%o is refused', async (headers: Record<string, string>, detail) => {
    const answer = await write(body, headers)
    expect(answer.status).toBe(415)
    expect(answer.json).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      detail: expect.stringContaining(detail),
    })
  })

  it.each([
    { 'content-type': 'application/json;charset=utf8' },
    { 'content-type': ' application/json ; version=1; charset = UTF-8 ' },
    { 'content-encoding': 'identity' },
  ])('%o is accepted', async (headers: Record<string, string>) => {
    expect((await write(body, headers)).status).toBe(200)
  })
})

describe('the size of a body', () => {
  it('may reach the limit', async () => {
    const filler = 'x'.repeat(1000 - '{"type":"t","data":""}'.length)
    const body = `{"type":"t","data":"${filler}"}`
    expect((await write(body)).status).toBe(200)
    expect((await write(chunks(body.slice(0, 500), body.slice(500)))).status).toBe(200)
    expect((await write(body.replace('x', 'xx'))).status).toBe(413)
    expect((await write(chunks(body.slice(0, 500), body.slice(500), ' '))).status).toBe(413)
  })

  it('is refused by its declaration, without reading', async () => {
    let isRead = false
    const untouched = async function* (): AsyncGenerator<Uint8Array> {
      isRead = true
      yield Buffer.from('{}')
    }
    const answer = await write(untouched(), { 'content-length': '1001' })
    expect(answer.status).toBe(413)
    expect(answer.json).toMatchObject({ code: 'BODY_TOO_LARGE', maxBytes: 1000 })
    expect(isRead).toBe(false)
  })

  it('is counted while it arrives, and an endless body is cut off', async () => {
    let produced = 0
    let isEnded = false
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          produced += 1_000_000
          yield new Uint8Array(1_000_000)
        }
      } finally {
        isEnded = true
      }
    }
    expect((await write(endless())).status).toBe(413)
    await expect.poll(() => isEnded).toBe(true)
    expect(produced).toBeLessThan(25_000_000)
  })
})

describe('other bodies', () => {
  const nothing = defineRoute({
    ...common,
    name: 'thing-touch',
    method: 'POST',
    path: '/api/thing',
    request: {},
    handler: ({ body, mediaType }) => reply(200, { json: { body: typeof body, mediaType } }),
  })
  const stream = defineRoute({
    ...common,
    name: 'thing-import',
    method: 'POST',
    path: '/api/imports',
    request: { body: { kind: 'stream', mediaTypes: ['application/x-ndjson'] } satisfies StreamBody },
    async handler({ body, mediaType }) {
      let size = 0
      for await (const chunk of body) size += chunk.byteLength
      return reply(200, { json: { size, mediaType } })
    },
  })

  it('none is demanded where none is taken', async () => {
    expect((await call(kernel, nothing)).json).toEqual({ body: 'undefined', mediaType: null })
    expect((await call(kernel, nothing, { body: chunks() })).status).toBe(200)
    expect((await call(kernel, nothing, { body: '' })).status).toBe(200)
    expect((await call(kernel, nothing, { body: '{}' })).json?.['code']).toBe('VALIDATION_FAILED')
    expect((await call(kernel, nothing, { body: chunks('', '{}') })).json?.['code']).toBe('VALIDATION_FAILED')
  })

  it('a stream is handed over as it is, if its media type is right', async () => {
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await call(kernel, stream, { headers, body: chunks('{"a":1}\n', 'not json') })
    expect(answer.json).toEqual({ size: 16, mediaType: 'application/x-ndjson' })
    expect((await call(kernel, stream, { headers })).json?.['size']).toBe(0)
    expect((await call(kernel, stream, { body: chunks('x') })).status).toBe(415)
  })
})
