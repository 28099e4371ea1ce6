import { describe, expect, it } from 'vitest'
import { TrickleError } from '../../../shared/errors/index.ts'
import { holdLimits, holdWhileAway } from '../../../shared/messages/index.ts'
import { CircuitBreaker } from '../../../shared/postgres/circuit-breaker.ts'
import { poolLimits, retryLimits } from '../../../shared/postgres/index.ts'
import { ModelQueue } from './model-queue.ts'
import { VirtualTime } from './virtual-time.ts'

const DAY_MS = 86_400_000
const LOCK_MS = 300_000
/** Deliveries of each message in an outage of a day. */
const DELIVERIES_PER_DAY = Math.ceil(DAY_MS / holdLimits.holdMs)

type Fault = 'none' | 'away' | 'read-only'

/** One instance with its breaker, and the server that it can't reach. */
function instanceOf(time: VirtualTime, server: { fault: Fault }) {
  const asked = { probes: 0, runs: 0 }
  const breaker = new CircuitBreaker({ onChange: () => {}, time })
  const probe = (): Promise<void> => {
    asked.probes += 1
    if (server.fault === 'away') breaker.probeFailed(new Error('ECONNREFUSED'))
    else breaker.answered()
    return Promise.resolve()
  }
  const database = {
    get reachability() {
      return breaker.reachability
    },
    whenReachable: (forMs: number) => breaker.whenClosed(probe, forMs),
  }
  const work = (): Promise<void> => {
    asked.runs += 1
    if (server.fault === 'none') return Promise.resolve()
    const code = server.fault === 'away' ? 'DATABASE_UNAVAILABLE' : 'DATABASE_READ_ONLY'
    for (let attempt = 0; server.fault === 'away' && attempt < retryLimits.attemptsMax; attempt += 1)
      breaker.failed(breaker.failures, new Error('ECONNREFUSED'))
    return Promise.reject(new TrickleError(code, 'The database is away.'))
  }
  return { asked, run: () => holdWhileAway(database, work, { time }) }
}

describe('an outage of a day', () => {
  it.each(['away', 'read-only'] as const)(
    'in which the database is %s sets no message aside, wastes no lock and keeps no instance spinning',
    async (fault) => {
      const time = new VirtualTime()
      const server: { fault: Fault } = { fault }
      const { asked, run } = instanceOf(time, server)
      const queue = new ModelQueue(501, { lockMs: LOCK_MS, maxDeliveryCount: 2_000 }, time)
      // A function that takes batches, and one that takes messages one at a time. All messages are under way, so each is
      // delivered as often as can be.
      const functions = [queue.deliverTo(run, 500), queue.deliverTo(run, 1)]
      await time.passUntil(DAY_MS)
      expect([queue.done.length, queue.deadLetters.length, queue.locksLost]).toEqual([0, 0, 0])
      expect(queue.deliveriesMost).toBeGreaterThanOrEqual(DELIVERIES_PER_DAY - 1)
      expect(queue.deliveriesMost).toBeLessThanOrEqual(DELIVERIES_PER_DAY + 1)
      // A probe each 2.5 to 5 s; or, where the server answers, runs of both functions: one each 5 to 10 s, and four more
      // in the first seconds of each hold.
      expect(asked.probes).toBeLessThan(DAY_MS / 2_500)
      expect(asked.runs).toBeLessThan(fault === 'away' ? 10 : 2 * (DAY_MS / 5_000 + 4 * DELIVERIES_PER_DAY))
      server.fault = 'none'
      // At the latest at their next look at the server.
      await time.passUntil(DAY_MS + holdLimits.longestPauseMs)
      await Promise.all(functions)
      expect([queue.done.length, queue.deadLetters.length]).toEqual([501, 0])
    },
    60_000,
  )

  it('without holding would set messages aside within moments', async () => {
    const time = new VirtualTime()
    const queue = new ModelQueue(10, { lockMs: LOCK_MS, maxDeliveryCount: 2_000 }, time)
    await queue.deliverTo(() => Promise.reject(new Error('away')), 1)
    expect([queue.deadLetters.length, time.now()]).toEqual([10, 0])
  })

  it('is 480 deliveries of a message: four days would come to the 2,000 that the service allows', () => {
    expect(DELIVERIES_PER_DAY).toBe(480)
    expect(4 * DELIVERIES_PER_DAY).toBeLessThan(2_000)
  })

  it('leaves time in the lock for a run that begins at the end of the hold', () => {
    const longestRunMs = retryLimits.attemptsMax * poolLimits.backgroundQueryTimeoutMs
    expect(holdLimits.holdMs + longestRunMs).toBeLessThan(LOCK_MS)
  })
})

describe('messages are kept', () => {
  const reachable = {
    reachability: { isReachable: true, nextProbeMs: 0 },
    whenReachable: () => Promise.resolve(true),
  }
  const time = () => {
    const slept: number[] = []
    return {
      slept,
      now: () => slept.reduce((sum, ms) => sum + ms, 0),
      sleep: async (ms: number) => slept.push(ms),
    }
  }
  const failingWith = (...codes: ('DATABASE_BUSY' | 'OUTCOME_UNKNOWN' | 'VALIDATION_FAILED')[]) => {
    const reasons: string[] = []
    const runs = { count: 0 }
    const work = (): Promise<string> => {
      const code = codes[runs.count]
      runs.count += 1
      return code === undefined
        ? Promise.resolve('done')
        : Promise.reject(new TrickleError(code, `It is ${code}.`))
    }
    return { runs, reasons, work, onHold: (reason: string) => reasons.push(reason) }
  }

  it('until the work is done, with waits in between, and the reason is told once', async () => {
    const { runs, reasons, work, onHold } = failingWith('DATABASE_BUSY', 'OUTCOME_UNKNOWN')
    const clock = time()
    expect(await holdWhileAway(reachable, work, { onHold, time: clock })).toBe('done')
    expect([runs.count, reasons, clock.slept.length]).toEqual([3, ['It is DATABASE_BUSY.'], 2])
  })

  it('not at all where the database is no reason', async () => {
    const { reasons, work, onHold } = failingWith('VALIDATION_FAILED')
    await expect(holdWhileAway(reachable, work, { onHold, time: time() })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
    expect(reasons).toEqual([])
  })

  it('no longer than the limit, and the last error is told then', async () => {
    const { runs, work } = failingWith(...Array.from({ length: 1_000 }, () => 'DATABASE_BUSY' as const))
    const clock = time()
    await expect(holdWhileAway(reachable, work, { time: clock })).rejects.toMatchObject({
      code: 'DATABASE_BUSY',
    })
    expect(clock.now()).toBeCloseTo(holdLimits.holdMs)
    expect(runs.count).toBeLessThan(60)
  })

  it('and the work is not begun while the database is away', async () => {
    const { runs, reasons, work, onHold } = failingWith()
    const away = {
      reachability: { isReachable: false, nextProbeMs: 5 },
      whenReachable: () => Promise.resolve(false),
    }
    await expect(holdWhileAway(away, work, { onHold, time: time() })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable: true,
    })
    expect([runs.count, reasons]).toEqual([0, ['the database can not be reached']])
  })
})
