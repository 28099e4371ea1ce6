import { describe, expect, it, vi } from 'vitest'
import { TrickleError } from '../../../shared/errors/index.ts'
import { defineRoute, reply } from '../../../shared/http/index.ts'
import { ndjsonBody } from '../../../shared/http/ndjson.ts'
import { call, testKernel } from './harness.ts'

const routeOf = (lines: () => AsyncIterable<string>) =>
  defineRoute({
    name: 'export',
    method: 'GET',
    path: '/api/export',
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: {},
    responses: { 200: { description: 'lines', mediaType: 'application/x-ndjson' } },
    errors: ['DATABASE_UNAVAILABLE'],
    handler: () => reply(200, { ndjson: lines() }),
  })

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown)

describe('an NDJSON reply', () => {
  it('has every line, each ended', async () => {
    const { kernel, log } = testKernel()
    const answer = await call(
      kernel,
      routeOf(async function* () {
        yield '{"a":1}'
        yield '{"a":2}\n{"a":"ä"}'
        yield '{"next":null}'
      }),
    )
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    expect(answer.headers.get('content-length')).toBeNull()
    expect(answer.text).toBe('{"a":1}\n{"a":2}\n{"a":"ä"}\n{"next":null}\n')
    expect(log).toEqual([])
  })

  it('may be empty', async () => {
    const answer = await call(
      testKernel().kernel,
      routeOf(async function* () {}),
    )
    expect([answer.status, answer.text]).toEqual([200, ''])
  })

  it('is a problem document where the first line fails', async () => {
    const answer = await call(
      testKernel().kernel,
      // eslint-disable-next-line require-yield
      routeOf(async function* () {
        throw new TrickleError('DATABASE_UNAVAILABLE', 'down')
      }),
    )
    expect([answer.status, answer.json?.['code']]).toEqual([503, 'DATABASE_UNAVAILABLE'])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('ends with an error line where a later one fails, and logs it', async () => {
    const { kernel, log } = testKernel()
    const answer = await call(
      kernel,
      routeOf(async function* () {
        yield '{"a":1}'
        throw new Error('secret cause')
      }),
    )
    expect(answer.status).toBe(200)
    expect(linesOf(answer.text)).toMatchObject([
      { a: 1 },
      { error: { code: 'INTERNAL', status: 500, traceId: expect.any(String), instance: '/api/export' } },
    ])
    expect(answer.text).not.toContain('secret cause')
    expect(log).toMatchObject([
      { level: 'error', fields: { isMidStream: true, causes: [{ message: 'secret cause' }] } },
    ])
  })

  it('ends although its error cannot be written', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const answer = await call(
      testKernel().kernel,
      routeOf(async function* () {
        yield '{"a":1}'
        throw new TrickleError('INTERNAL', 'x', { extensions: { cyclic } })
      }),
    )
    expect(linesOf(answer.text)).toMatchObject([{ a: 1 }, { error: { code: 'INTERNAL' } }])
  })

  it('is not begun for HEAD', async () => {
    let isBegun = false
    const answer = await call(
      testKernel().kernel,
      routeOf(async function* () {
        isBegun = true
        yield '{}'
      }),
      { method: 'HEAD' },
    )
    expect([answer.status, answer.text, isBegun]).toEqual([200, '', false])
  })

  it.each([
    ['hangs before its first line', 0],
    ['hangs later', 1],
  ])('that %s is ended by the deadline', async (_name, count) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      const { kernel, log } = testKernel()
      const answered = call(
        kernel,
        routeOf(async function* () {
          for (let line = 0; line < count; line += 1) yield '{"a":1}'
          await new Promise(() => undefined)
        }),
      )
      await vi.advanceTimersByTimeAsync(30_000)
      const answer = await answered
      expect(answer.status).toBe(count === 0 ? 504 : 200)
      expect(answer.text).toContain('"code":"DEADLINE_EXCEEDED"')
      expect(log).toHaveLength(1)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('ndjsonBody', () => {
  const options = (lines: AsyncIterable<string>, signal = new AbortController().signal) => ({
    lines,
    signal,
    onError: (error: unknown) => JSON.stringify({ error: String(error) }),
    onEnd: vi.fn<() => void>(),
  })

  function endless() {
    const state = { produced: 0, isEnded: false }
    async function* lines(): AsyncGenerator<string> {
      try {
        for (;;) {
          state.produced += 1
          yield '"line"'
        }
      } finally {
        state.isEnded = true
      }
    }
    return { state, lines: lines() }
  }

  it('produces as it is read, and ends the iterable when the reader leaves', async () => {
    const { state, lines } = endless()
    const given = options(lines)
    const reader = (await ndjsonBody(given)).getReader()
    for (let count = 0; count < 3; count += 1) await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(state.produced).toBeLessThanOrEqual(4)
    await reader.cancel()
    expect(given.onEnd).toHaveBeenCalledTimes(1)
    await expect.poll(() => state.isEnded).toBe(true)
  })

  it('lets others run between two lines', async () => {
    const { lines } = endless()
    const body = await ndjsonBody({ ...options(lines), maxBytes: 70_000 })
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    let bytes = 0
    for await (const chunk of body) bytes += chunk.byteLength
    clearInterval(timer)
    expect(bytes).toBeGreaterThan(60_000)
    expect(turns).toBeGreaterThan(5)
  })

  it('is cut off at its size with an error line', async () => {
    const { state, lines } = endless()
    const given = options(lines)
    const text = await new Response(await ndjsonBody({ ...given, maxBytes: 21 })).text()
    expect(text.split('\n')).toEqual(['"line"', '"line"', '"line"', expect.stringContaining('21 bytes'), ''])
    expect(given.onEnd).toHaveBeenCalledTimes(1)
    await expect.poll(() => state.isEnded).toBe(true)
  })

  it('ends the iterable at the deadline although nobody reads any more', async () => {
    const { state, lines } = endless()
    const controller = new AbortController()
    const given = options(lines, controller.signal)
    const body = await ndjsonBody(given)
    controller.abort(new Error('deadline'))
    await expect.poll(() => state.isEnded).toBe(true)
    expect(await new Response(body).text()).toContain('deadline')
    expect(given.onEnd).toHaveBeenCalledTimes(1)
  })
})
