import { ReadableStream } from 'node:stream/web'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requestLimits } from '../../../cli/import/outbox.ts'
import { pacedBody, uploadPace } from '../../../shared/http/upload-pace.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const pace = { bytesMin: 100, withinMs: 10_000 }
const never = new AbortController().signal

/** A client that sends `text` every `everyMs`, so often. */
function clientThatSends(text: string, everyMs: number, times = Infinity): ReadableStream<Uint8Array> {
  let sent = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, everyMs))
        sent += 1
        if (sent > times) controller.close()
        else controller.enqueue(Buffer.from(text))
      },
    },
    { highWaterMark: 0 },
  )
}

interface Reading {
  readonly text: string
  readonly error: unknown
  readonly tookMs: number
}

async function readAll(body: ReadableStream<Uint8Array>, pauseMs = 0): Promise<Reading> {
  const sinceMs = Date.now()
  let text = ''
  let error: unknown = null
  const course = { isOver: false }
  const reading = (async () => {
    try {
      for await (const chunk of body) {
        text += Buffer.from(chunk).toString()
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    } catch (thrown) {
      error = thrown
    }
    course.isOver = true
  })()
  while (!course.isOver) await vi.advanceTimersByTimeAsync(100)
  await reading
  return { text, error, tookMs: Date.now() - sinceMs }
}

describe('the body of an upload', () => {
  it.each([
    ['a blank line a second', '\n', 1_000],
    ['an event of few bytes a second', '{"id":1}\n', 1_000],
    ['white space of all kinds', ' \t\r\n'.repeat(500), 1_000],
    ['a byte now and then', 'x', 3_000],
    ['nothing at all', 'x', 1_000_000],
  ])('is ended after one window with %s', async (_what, text, everyMs) => {
    const { error, tookMs } = await readAll(pacedBody(clientThatSends(text, everyMs), never, pace))
    expect(error).toMatchObject({ code: 'UPLOAD_TOO_SLOW', status: 408, retryable: true })
    expect(tookMs).toBeLessThan(pace.withinMs + 200)
  })

  it('is ended however fast it began', async () => {
    let isFirst = true
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, isFirst ? 1 : 1_000))
        controller.enqueue(Buffer.from(isFirst ? 'x'.repeat(1_000_000) : '\n'))
        isFirst = false
      },
    })
    const { error, text } = await readAll(pacedBody(body, never, pace))
    expect(error).toMatchObject({ code: 'UPLOAD_TOO_SLOW' })
    expect(text.length).toBeGreaterThanOrEqual(1_000_000)
  })

  it('comes whole where it comes fast enough, however long it takes, with the blank lines in it', async () => {
    const line = `${'x'.repeat(20)}\n\n`
    const { error, text } = await readAll(pacedBody(clientThatSends(line, 1_000, 300), never, pace))
    expect([error, text]).toEqual([null, line.repeat(300)])
  })

  it('may be short: a few bytes and the end are no slow upload', async () => {
    const { error, text } = await readAll(pacedBody(clientThatSends('x', 100, 3), never, pace))
    expect([error, text]).toEqual([null, 'xxx'])
  })

  it('is not held against its client while its handler is busy', async () => {
    const { error, text } = await readAll(pacedBody(clientThatSends('x', 10, 30), never, pace), 60_000)
    expect([error, text]).toEqual([null, 'x'.repeat(30)])
  })

  it('ends with the time of the request, also one that never ends a line', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('the time is over')), 60_000)
    const { error } = await readAll(
      pacedBody(clientThatSends('x'.repeat(1_000), 500), controller.signal, pace),
    )
    expect(String(error)).toContain('the time is over')
  })

  it('is not read on by a handler that has stopped, but for what lets the client see its answer', async () => {
    let cancelled = false
    const client = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.alloc(1_048_576, 'x')),
      cancel() {
        cancelled = true
      },
    })
    const reader = pacedBody(client, never, pace).getReader()
    await reader.read()
    await reader.cancel()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(cancelled).toBe(true)
  })

  it('of `trickle import` ends by itself before it could be called too slow', () => {
    expect(requestLimits.durationMs).toBeLessThan(uploadPace.withinMs)
    expect(requestLimits.idleMs).toBeLessThan(uploadPace.withinMs)
  })
})
