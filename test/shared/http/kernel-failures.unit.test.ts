import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { TrickleError } from '../../../shared/errors/index.ts'
import { reply } from '../../../shared/http/index.ts'
import type { Reply } from '../../../shared/http/index.ts'
import { call, routeWith, testKernel } from './harness.ts'

const { kernel } = testKernel()

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
    ['gives a parse error', () => JSON.parse('{"card": hunter2}') as Reply],
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

  it('may even give what only pretends to be one of our errors', async () => {
    const pretender = Object.assign(new Error('x'), { name: 'TrickleError', code: 'NOBODY_KNOWS' })
    const answer = await call(
      testKernel({ verifyResponses: false }).kernel,
      routeWith(() => Promise.reject(pretender)),
    )
    expect([answer.status, answer.json?.['code']]).toEqual([500, 'INTERNAL'])
  })

  it('is named in the log where it gives no reply', async () => {
    const { kernel: own, log: lines } = testKernel()
    await call(
      own,
      routeWith(() => undefined as unknown as Reply),
    )
    expect(lines[0]?.fields['causes']).toMatchObject([{ message: 'The handler of thing-read gave no reply' }])
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
    const { kernel: own } = testKernel({ logger: { info: fail, error: fail, warn: fail } })
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
