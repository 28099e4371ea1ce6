import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { TrickleError } from '../../../shared/errors/index.ts'
import { defineRouteFor, jsonBody, reply } from '../../../shared/http/index.ts'
import { jsonPointer } from '../../../shared/json/index.ts'
import { call, testKernel } from './harness.ts'
import type { TestTenant } from './harness.ts'

const defineRoute = defineRouteFor<TestTenant>()
const { kernel } = testKernel()

/** Small bodies are not counted: a schema is done with them in no time. */
const PADDING = ' '.repeat(16_384)

/** A route whose schema counts how many items it looks at. */
function counting() {
  const judged = { items: 0 }
  const item = z.strictObject({
    name: z.string().refine(() => {
      judged.items += 1
      return true
    }),
  })
  const list = z.array(item).max(100, 'takes 100 at most')
  const route = routeFor(
    z.union([
      z.strictObject({ items: list, more: list.optional() }),
      z.strictObject({ lists: z.array(list).max(5) }),
    ]),
  )
  const send = (json: unknown) =>
    call(kernel, route, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json) + PADDING,
    })
  return { judged, send }
}

const routeFor = (schema: z.ZodType) =>
  defineRoute({
    name: 'things-write',
    method: 'POST',
    path: '/api/things',
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: { body: jsonBody({ schema, maxBytes: 10_000_000 }) },
    responses: { 200: { description: 'ok', schema: z.unknown() } },
    handler: () => reply(200, { json: 1 }),
  })

const things = (count: number): { name: string }[] => Array.from({ length: count }, () => ({ name: 'a' }))

describe('a body that holds more than its schema takes', () => {
  it('is refused by its count, before the schema looks at any item', async () => {
    const { judged, send } = counting()
    for (const [body, pointer] of [
      [{ items: things(101) }, '/items'],
      [{ items: things(50_000) }, '/items'],
      [{ items: things(1), more: things(101) }, '/more'],
      [{ lists: [things(1), things(101)] }, '/lists/1'],
    ] as const) {
      const answer = await send(body)
      expect([answer.status, answer.json?.['errors']]).toEqual([
        400,
        [{ pointer, message: 'takes 100 at most' }],
      ])
    }
    expect(judged.items).toBe(0)
  })

  it('is taken up to the count', async () => {
    const { judged, send } = counting()
    expect((await send({ items: things(100) })).status).toBe(200)
    expect(judged.items).toBe(100)
  })

  it('is told of 20 unknown members at most, wherever they stand', async () => {
    const { send } = counting()
    const unknown = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, 1]))
    const answer = await send({ items: [{ name: 'a' }, { name: 'b', ...unknown }, unknown] })
    expect(answer.json?.['errors']).toHaveLength(20)
    expect(answer.json?.['errors']).toContainEqual({ pointer: '/items/1/k0', message: 'is not known here' })
    expect(answer.json?.['detail']).toContain('at least 19 more')
    const few = await send({ items: [{ name: 1, x: 1 }] })
    expect(few.json?.['errors']).toHaveLength(2)
  })

  it('is told by the number of its members where there are thousands', async () => {
    const { judged, send } = counting()
    const members = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 1]))
    const answer = await send({ items: things(1), ...members })
    expect(answer.json?.['errors']).toEqual([
      { pointer: '', message: expect.stringMatching(/50001 members/) },
    ])
    expect(judged.items).toBe(0)
  })

  it('cannot come to be: a route whose array has no bound is not defined', () => {
    const lax = [
      z.array(z.string()),
      z.strictObject({ a: z.array(z.string()).min(1).optional() }),
      z.union([z.string(), z.array(z.array(z.string())).max(3)]),
    ]
    for (const schema of lax) expect(() => routeFor(schema)).toThrow(/any number of items/)
    routeFor(z.array(z.array(z.string()).length(2)).max(3))
  })
})

describe('an error of a handler', () => {
  it('tells of places in the body that was sent, not in the form that it was brought into', async () => {
    const route = defineRoute({
      name: 'things-write',
      method: 'POST',
      path: '/api/things',
      summary: 's',
      tags: ['t'],
      access: { kind: 'public' },
      request: {
        body: jsonBody({
          schema: z.strictObject({ things: z.array(z.unknown()).max(1) }),
          maxBytes: 1_000,
          transform: (json) => ({
            value: { things: [json] },
            pointerTo: ([, , ...path]) => jsonPointer(path),
          }),
        }),
      },
      responses: { 200: { description: 'ok', schema: z.unknown() } },
      errors: ['EVENT_TOO_LARGE'],
      handler: () => {
        const errors = ['/things/0/a~1b/0', '/things/0', 'header'].map((pointer) => ({
          pointer,
          message: 'm',
        }))
        throw new TrickleError('EVENT_TOO_LARGE', 'd', { errors, extensions: { x: 1 } })
      },
    })
    const answer = await call(kernel, route, { headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(answer.json).toMatchObject({
      status: 413,
      detail: 'd',
      x: 1,
      errors: [{ pointer: '/a~1b/0' }, { pointer: '' }, { pointer: 'header' }],
    })
  })
})
