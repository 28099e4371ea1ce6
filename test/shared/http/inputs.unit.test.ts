import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineRouteFor, reply, wholeNumber } from '../../../shared/http/index.ts'
import { call, testKernel } from './harness.ts'
import type { CallOptions, TestTenant } from './harness.ts'

const defineRoute = defineRouteFor<TestTenant>()
const { kernel } = testKernel()
const echo = { 200: { description: 'what the handler got', schema: z.unknown() } }
const common = { summary: 's', tags: ['t'], access: { kind: 'public' }, responses: echo } as const

const streamIdSchema = z.string().refine((id) => /^[\w.:~-]{1,255}$/.test(id) && !/^\.\.?$/.test(id), {
  error: 'is not a stream id',
  params: { errorCode: 'INVALID_STREAM_ID' },
})

const reading = defineRoute({
  ...common,
  name: 'events-read',
  method: 'GET',
  path: '/api/streams/{streamId}/events',
  request: {
    params: z.strictObject({ streamId: streamIdSchema }),
    query: z.object({
      limit: wholeNumber({ min: 1, max: 500 }).default(100),
      direction: z.enum(['forward', 'backward']).optional(),
      type: z.array(z.string().min(1)).optional(),
    }),
    headers: z.object({ 'x-region': z.string().max(3).optional() }),
  },
  errors: ['INVALID_STREAM_ID'],
  handler: ({ params, query, headers }) => reply(200, { json: { params, query, headers } }),
})

const read = (query: string, options: CallOptions = {}) =>
  call(kernel, reading, { path: `/api/streams/s1/events${query}`, params: { streamId: 's1' }, ...options })

describe('the query', () => {
  it('is given typed, with defaults', async () => {
    expect((await read('')).json).toEqual({ params: { streamId: 's1' }, query: { limit: 100 }, headers: {} })
    expect((await read('?limit=5&direction=backward&type=a&type=b')).json?.['query']).toEqual({
      limit: 5,
      direction: 'backward',
      type: ['a', 'b'],
    })
    expect((await read('?type=a')).json?.['query']).toEqual({ limit: 100, type: ['a'] })
  })

  it.each(['-1', '0', '501', '1.5', '1e2', '0x10', '', '%205', '5%20', '01', '99999999999999999999', 'NaN'])(
    'refuses limit=%s and says what is allowed',
    async (limit) => {
      const answer = await read(`?limit=${limit}`)
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ pointer: 'limit', message: 'must be a whole number from 1 to 500' }],
      })
    },
  )

  it.each([
    ['?limt=5', 'limt', 'is not a query parameter of this route (known: limit, direction, type)'],
    ['?limit=5&limit=6', 'limit', 'is given 2 times; give it once'],
    ['?Limit=5', 'Limit', 'is not a query parameter'],
    ['?__proto__=5', '__proto__', 'is not a query parameter'],
    ['?constructor=5', 'constructor', 'is not a query parameter'],
    ['?direction=up', 'direction', 'forward'],
  ])('refuses %s', async (query, pointer, message) => {
    const answer = await read(query)
    expect(answer.status).toBe(400)
    expect(answer.json?.['errors']).toEqual([{ pointer, message: expect.stringContaining(message) }])
    expect(answer.json?.['instance']).toBe('/api/streams/s1/events')
  })

  it('refuses U+0000 with its own code', async () => {
    expect((await read('?type=a%00b')).json).toMatchObject({
      code: 'INVALID_TEXT',
      errors: [{ pointer: 'type' }],
    })
  })

  it.each(['?type=%ff', '?type=%', '?type=%zz', '?type=%ed%a0%80'])(
    'refuses the escape in %s',
    async (query) => {
      const answer = await read(query)
      expect([answer.status, answer.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
    },
  )

  it('tells of everything that is wrong at once', async () => {
    const answer = await read('?limit=0&x=1', { params: { streamId: 's1' }, headers: { 'x-region': 'long' } })
    const errors = answer.json?.['errors'] as { pointer: string }[]
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['limit', 'x', 'x-region'])
  })

  it('keeps its answer short whatever is sent', async () => {
    const answer = await read(
      `?${'n'.repeat(3000)}=1&${Array.from({ length: 200 }, (_, i) => `p${i}=1`).join('&')}`,
    )
    expect(answer.json?.['errors']).toHaveLength(20)
    expect(answer.text.length).toBeLessThan(5000)
  })
})

describe('params', () => {
  it.each(['..', '.', 'a/b', 'a b', '', 'x'.repeat(256)])(
    'refuses the stream id "%s" with its own code',
    async (id) => {
      const answer = await read('', { params: { streamId: id } })
      expect([answer.status, answer.json?.['code']]).toEqual([400, 'INVALID_STREAM_ID'])
    },
  )

  it('believes the route only: the host mixes body and query into the params', async () => {
    const answer = await read('', { params: { streamId: 's1', tenant: 'other', limit: '7' } })
    expect(answer.json).toMatchObject({ params: { streamId: 's1' }, query: { limit: 100 } })
    expect((await read('', { params: { STREAMID: 's1' } })).json?.['params']).toEqual({ streamId: 's1' })
    // U+212A KELVIN SIGN would become a "k" by toLowerCase; here U+017F LONG S stands for the "s" of streamId.
    expect((await read('', { params: { '\u017FtreamId': 's1' } })).status).toBe(400)
  })

  it('refuses a path escape that is not UTF-8', async () => {
    const answer = await read('', { path: '/api/streams/%ff/events', params: { streamId: '\uFFFD' } })
    expect(answer.json?.['code']).toBe('VALIDATION_FAILED')
  })
})
