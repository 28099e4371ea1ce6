import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkPastDue, formatScheduleTime } from '../../../packages/functions-host/schedule-status.ts'
import type { ScheduleStatus } from '../../../packages/functions-host/schedule-status.ts'
import { createTimerListener } from '../../../packages/functions-host/timer-listener.ts'
import type { TimerListener, TimerRun } from '../../../packages/functions-host/timer-listener.ts'
import { createTimerSchedule } from '../../../packages/functions-host/timer-schedule.ts'

const start = new Date('2026-11-20T10:00:00.000Z')
const everyFiveMinutes = createTimerSchedule('0 */5 * * * *', {})
const MINUTE_MS = 60_000

interface Bench {
  readonly listener: TimerListener
  readonly runs: (TimerRun & { readonly at: string })[]
  readonly kept: Map<string, ScheduleStatus>
}

interface BenchOptions {
  readonly recorded?: ScheduleStatus
  readonly schedule?: typeof everyFiveMinutes
  readonly runOnStartup?: boolean
  readonly useMonitor?: boolean
  readonly work?: () => Promise<void>
}

function createBench(options: BenchOptions = {}): Bench {
  const kept = new Map<string, ScheduleStatus>(
    options.recorded === undefined ? [] : [['tick', options.recorded]],
  )
  const runs: Bench['runs'] = []
  const listener = createTimerListener({
    functionName: 'tick',
    schedule: options.schedule ?? everyFiveMinutes,
    useMonitor: options.useMonitor ?? true,
    runOnStartup: options.runOnStartup ?? false,
    store: {
      read: (name) => Promise.resolve(kept.get(name)),
      write: (name, status) => {
        kept.set(name, status)
        return Promise.resolve()
      },
    },
    run: async (run) => {
      runs.push({ ...run, at: new Date().toISOString() })
      await options.work?.()
    },
    now: () => new Date(),
  })
  return { listener, runs, kept }
}

beforeEach(() => {
  vi.useFakeTimers({ now: start })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('the schedule', () => {
  test('runs at its times, and shows the status as it was before the run', async () => {
    const { listener, runs, kept } = createBench()
    await listener.start()
    await vi.advanceTimersByTimeAsync(11 * MINUTE_MS)
    expect(runs.map(({ at, reason }) => [at, reason])).toEqual([
      ['2026-11-20T10:05:00.000Z', 'Scheduled'],
      ['2026-11-20T10:10:00.000Z', 'Scheduled'],
    ])
    expect(runs[0]?.status?.last).toBeUndefined()
    expect(runs[1]?.status?.last?.toISOString()).toBe('2026-11-20T10:05:00.000Z')
    expect(kept.get('tick')?.next.toISOString()).toBe('2026-11-20T10:15:00.000Z')
    await listener.stop()
  })

  test('goes on after a run that failed', async () => {
    const { listener, runs } = createBench({ work: () => Promise.reject(new Error('boom')) })
    await listener.start()
    await vi.advanceTimersByTimeAsync(11 * MINUTE_MS)
    expect(runs).toHaveLength(2)
    await listener.stop()
  })

  test('never overlaps with itself: one late run follows at once, not one for each missed time', async () => {
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => {
        setTimeout(resolve, 12 * MINUTE_MS)
      })
      inside--
    }
    const { listener, runs } = createBench({ work })
    await listener.start()
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS)
    expect(most).toBe(1)
    // To the second: a timer without a wait still takes a millisecond.
    expect(runs.map(({ at }) => at.slice(11, 19))).toEqual(['10:05:00', '10:17:00', '10:29:00'])
  })

  test('a wait longer than a timer can hold is taken in steps', async () => {
    const { listener, runs } = createBench({ schedule: createTimerSchedule('0 0 0 1 3 *', {}) })
    await listener.start()
    await vi.advanceTimersByTimeAsync(60 * 24 * 60 * MINUTE_MS)
    expect(runs).toEqual([])
    await vi.advanceTimersByTimeAsync(45 * 24 * 60 * MINUTE_MS)
    expect(runs.map(({ at }) => at)).toEqual(['2027-03-01T00:00:00.000Z'])
    await listener.stop()
  })

  test('without a monitor no status is kept or shown', async () => {
    const { listener, runs, kept } = createBench({ useMonitor: false })
    await listener.start()
    await vi.advanceTimersByTimeAsync(6 * MINUTE_MS)
    expect(runs.map(({ status }) => status)).toEqual([null])
    expect(kept.size).toBe(0)
    await listener.stop()
  })
})

describe('start and stop', () => {
  test('a run that was missed is made up for at once', async () => {
    const recorded = {
      last: new Date('2026-11-20T09:00:00Z'),
      next: new Date('2026-11-20T09:05:00Z'),
      lastUpdated: new Date('2026-11-20T09:00:00Z'),
    }
    const { listener, runs } = createBench({ recorded })
    await listener.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(runs).toMatchObject([{ isPastDue: true, reason: 'PastDue', at: '2026-11-20T10:00:00.000Z' }])
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect(runs[1]).toMatchObject({ isPastDue: false, at: '2026-11-20T10:05:00.000Z' })
    await listener.stop()
  })

  test('runOnStartup runs at once and is not past due', async () => {
    const { listener, runs } = createBench({ runOnStartup: true })
    await listener.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(runs).toMatchObject([{ isPastDue: false, reason: 'RunOnStartup' }])
    await listener.stop()
  })

  test('a stopped timer runs no more, and stop waits for the run that is under way', async () => {
    let finish: (() => void) | undefined
    const { listener, runs } = createBench({
      work: () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    })
    await listener.start()
    await vi.advanceTimersByTimeAsync(6 * MINUTE_MS)
    let stopped = false
    const stop = listener.stop().then(() => {
      stopped = true
    })
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(stopped).toBe(false)
    finish?.()
    await stop
    await vi.advanceTimersByTimeAsync(60 * MINUTE_MS)
    expect(runs).toHaveLength(1)
  })

  test('started again while its last run is still under way, it goes on without a second run beside it', async () => {
    let finish: (() => void) | undefined
    const { listener, runs } = createBench({
      work: () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    })
    await listener.start()
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    const stop = listener.stop()
    await listener.start()
    await vi.advanceTimersByTimeAsync(20 * MINUTE_MS)
    expect(runs).toHaveLength(1)
    finish?.()
    await stop
    await vi.advanceTimersByTimeAsync(0)
    expect(runs).toHaveLength(2)
  })
})

describe('what was recorded', () => {
  const now = new Date('2026-11-20T10:00:00Z')

  test('nothing: the next time is noted, nothing is late', () => {
    const check = checkPastDue(undefined, everyFiveMinutes, now)
    expect(check).toMatchObject({ isPastDue: false, changed: true })
    expect(check.status.next.toISOString()).toBe('2026-11-20T10:05:00.000Z')
  })

  test('a changed schedule is taken over without being late', () => {
    const last = new Date('2026-11-20T08:00:00Z')
    const recorded = { last, next: new Date('2026-11-20T09:00:00Z'), lastUpdated: last }
    const check = checkPastDue(recorded, everyFiveMinutes, now)
    expect(check).toMatchObject({ isPastDue: false, changed: true })
    expect(check.status.next.toISOString()).toBe('2026-11-20T10:05:00.000Z')
  })

  test('a timer that has never run is late by when it was noted', () => {
    const recorded = {
      last: undefined,
      next: new Date('2026-11-20T09:05:00Z'),
      lastUpdated: new Date('2026-11-20T09:01:00Z'),
    }
    expect(checkPastDue(recorded, everyFiveMinutes, now)).toMatchObject({ isPastDue: true, changed: false })
  })
})

test('times are written as the platform writes them', () => {
  expect(formatScheduleTime(undefined)).toBe('0001-01-01T00:00:00+00:00')
  expect(formatScheduleTime(new Date('2026-11-20T10:00:00.000Z'))).toBe('2026-11-20T10:00:00+00:00')
  expect(formatScheduleTime(new Date('2026-11-20T10:00:20.120Z'))).toBe('2026-11-20T10:00:20.12+00:00')
})
