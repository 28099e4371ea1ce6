import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MeetingPoint } from '../../../shared/functions-worker/meeting-point.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  const timers = vi.getTimerCount()
  vi.useRealTimers()
  if (timers > 0) throw new Error('The clock goes on although nobody waits')
})

class Answer extends EventEmitter {
  status = 0
  body = ''
  writeHead(status: number): void {
    this.status = status
  }
  end(body: string): void {
    this.body = body
  }
}

/** Everything that happens at one meeting point, in its order. */
function observe() {
  const delivered: string[] = []
  const reports: string[] = []
  const meeting = new MeetingPoint((message) => reports.push(message))
  const arrive = (invocationId: string | undefined): Answer => {
    const answer = new Answer()
    const headers = invocationId === undefined ? {} : { 'x-ms-invocation-id': invocationId }
    meeting.arrive({ headers } as unknown as IncomingMessage, answer as unknown as ServerResponse)
    return answer
  }
  const expected = (invocationId: string): string[] => {
    const outcome: string[] = []
    meeting.expect(invocationId).then(
      ({ request }) => {
        delivered.push(String(request.headers['x-ms-invocation-id']))
        outcome.push('met')
      },
      (error: { code: string }) => outcome.push(error.code),
    )
    return outcome
  }
  return { meeting, delivered, reports, arrive, expected }
}

const patience = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10_000)

it('lets the halves meet in either order', async () => {
  const { delivered, arrive, expected, reports } = observe()
  arrive('request-first')
  expect(delivered, 'the library gets no request without its invocation').toEqual([])
  const first = expected('request-first')
  const second = expected('invocation-first')
  arrive('invocation-first')
  await patience()
  expect([first, second]).toEqual([['met'], ['met']])
  expect(delivered).toEqual(['request-first', 'invocation-first'])
  expect(reports).toEqual([])
})

it('ends an invocation whose request does not come, and no other', async () => {
  const { arrive, expected, delivered } = observe()
  const lost = expected('lost')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(lost).toEqual([])
  const later = expected('later')
  await vi.advanceTimersByTimeAsync(4_000)
  expect([lost, later]).toEqual([['REQUEST_LOST'], []])
  arrive('later')
  await patience()
  expect(later).toEqual(['met'])
  expect(delivered).toEqual(['later'])
})

it('refuses a request whose invocation does not come, and says so in the log', async () => {
  const { arrive, delivered, reports } = observe()
  const answer = arrive('nobody')
  await patience()
  expect(answer.status).toBe(503)
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'REQUEST_LOST', retryable: true })
  expect(delivered).toEqual([])
  expect(reports).toHaveLength(1)
})

it('refuses the half that comes after the other has given up', async () => {
  const { arrive, expected, delivered } = observe()
  const outcome = expected('late')
  await patience()
  const answer = arrive('late')
  await patience()
  expect(outcome).toEqual(['REQUEST_LOST'])
  expect(answer.status).toBe(503)
  expect(delivered).toEqual([])
})

it('refuses at once what no host sends: a request without an id, and the same id a second time', async () => {
  const { arrive, expected, delivered } = observe()
  expect(arrive(undefined).status).toBe(400)
  const first = arrive('same')
  expect(arrive('same').status).toBe(400)
  const outcome = expected('same')
  await patience()
  expect([outcome, first.status, delivered]).toEqual([['met'], 0, ['same']])
})

it('takes nothing for lost while the process is busy: the ticks of a clock that stands still do not count', async () => {
  const { arrive, expected } = observe()
  const outcome = expected('unread')
  // The loop was held for a minute; one tick is all that comes of it.
  vi.setSystemTime(Date.now() + 60_000)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(outcome).toEqual([])
  arrive('unread')
  await patience()
  expect(outcome).toEqual(['met'])
})
