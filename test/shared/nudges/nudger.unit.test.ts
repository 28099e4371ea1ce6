import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { namesOfNudge, Nudger } from '../../../shared/nudges/index.ts'
import type { NudgeMessage } from '../../../shared/nudges/index.ts'
import { systemClock } from '../../../shared/time/index.ts'

/** A whole second, so that the milliseconds below are those of a second. */
const NOON_MS = Date.UTC(2026, 10, 21, 12)

let sent: { readonly id: string; readonly atMs: number }[]
let lines: string[]
let send: (message: NudgeMessage) => Promise<void>
let nudger: Nudger

beforeEach(async () => {
  vi.useFakeTimers({ now: NOON_MS - 10_000 })
  sent = []
  lines = []
  send = ({ messageId }) => {
    sent.push({ id: messageId, atMs: Date.now() - NOON_MS })
    return Promise.resolve()
  }
  nudger = nudgerOf('a')
  nudger.wake()
  await vi.advanceTimersByTimeAsync(10_000)
  // The first one of a process is later than others.
  sent.length = 0
})

afterEach(() => {
  vi.useRealTimers()
})

const nudgerOf = (instance: string, intervalSeconds = 1): Nudger =>
  new Nudger({
    names: ['forward-adx', 'welcome-mail'],
    send: (message) => send(message),
    intervalSeconds,
    instance,
    clock: systemClock,
    report: (line) => lines.push(line),
  })

const idOf = (second: number): string => `a:${NOON_MS / 1000 + second}`

/** Lets time pass and wakes at the given milliseconds after noon. */
async function wakeAt(...timesMs: readonly number[]): Promise<void> {
  for (const timeMs of timesMs) {
    await vi.advanceTimersByTimeAsync(NOON_MS + timeMs - Date.now())
    nudger.wake()
  }
}

describe('a nudge', () => {
  test('that is the first of its process lets the answer of its append go first', async () => {
    const first = nudgerOf('first')
    first.wake()
    await vi.advanceTimersByTimeAsync(199)
    expect(sent).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(sent).toEqual([{ id: `first:${NOON_MS / 1000}`, atMs: 200 }])
  })

  test('is sent at once when none was sent in this second', async () => {
    await wakeAt(300)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toEqual([{ id: idOf(0), atMs: 300 }])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(1)
  })

  test('of many appends in one second is one at once and one when the next second begins', async () => {
    await wakeAt(...Array.from({ length: 500 }, (_, index) => 300 + index))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toEqual([
      { id: idOf(0), atMs: 300 },
      { id: idOf(1), atMs: 1_000 },
    ])
  })

  test('follows each append, also one that is committed just after a nudge', async () => {
    await wakeAt(999, 1_000, 1_001, 2_500)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent.map(({ atMs }) => atMs)).toEqual([999, 1_000, 2_000, 3_000])
    expect(new Set(sent.map(({ id }) => id)).size).toBe(4)
  })

  test('is sent while one is under way only after that one, and is not forgotten', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const record = send
    send = async (message) => {
      await record(message)
      await promise
    }
    await wakeAt(0, 10)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(sent).toHaveLength(1)
    resolve(undefined)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent.map(({ id }) => id)).toEqual([idOf(0), idOf(5)])
  })

  test('has an id that none of this instance and none of another one has, also when the clock goes back', async () => {
    await wakeAt(500)
    await vi.advanceTimersByTimeAsync(0)
    vi.setSystemTime(NOON_MS - 3_600_000)
    nudger.wake()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sent.map(({ id }) => id)).toEqual([idOf(0), idOf(1)])
    const other = nudgerOf('b')
    other.wake()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sent[2]?.id).toMatch(/^b:/u)
  })

  test('comes as seldom as its interval says', async () => {
    nudger = nudgerOf('c', 30)
    await wakeAt(0, 1_000, 2_000, 40_000, 41_000)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent.map(({ atMs }) => atMs)).toEqual([200, 30_000, 60_000])
  })

  test('names whom it wakes, and what is no nudge names nobody', async () => {
    const bodies: unknown[] = []
    send = ({ body, contentType }) => {
      bodies.push(JSON.parse(String(body)), contentType)
      return Promise.resolve()
    }
    await wakeAt(0)
    await vi.advanceTimersByTimeAsync(0)
    expect(bodies).toEqual([{ wake: ['forward-adx', 'welcome-mail'] }, 'application/json'])
    expect(namesOfNudge(bodies[0])).toEqual(['forward-adx', 'welcome-mail'])
    expect([namesOfNudge('hello'), namesOfNudge({ wake: [7] }), namesOfNudge(undefined)]).toEqual([
      null,
      null,
      null,
    ])
  })
})

describe('Service Bus that is away', () => {
  test('is tried at longer and longer intervals, is told of once, and gets one nudge when it is back', async () => {
    let isAway = true
    let tries = 0
    const record = send
    send = (message) => {
      tries += 1
      return isAway ? Promise.reject(new Error('no connection')) : record(message)
    }
    for (let timeMs = 0; timeMs < 600_000; timeMs += 500) await wakeAt(timeMs)
    // 1, 2, 4, ... 32 s, then each minute, each less up to half of it.
    expect(tries).toBeGreaterThan(10)
    expect(tries).toBeLessThan(30)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/timers wake .*no connection/u)
    isAway = false
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(1)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(/again/u)
  })
})

describe('the end of the process', () => {
  test('sends what waits, and nothing after that', async () => {
    await wakeAt(0, 10)
    await nudger.close()
    expect(sent.map(({ id }) => id)).toEqual([idOf(0), idOf(1)])
    nudger.wake()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(2)
  })

  test('does not wait for long', async () => {
    send = () => new Promise(() => undefined)
    await wakeAt(0)
    const closing = nudger.close()
    await vi.advanceTimersByTimeAsync(1_000)
    await expect(closing).resolves.toBeUndefined()
  })
})
