import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { breakerLimits, CircuitBreaker, ServerAway } from '../../../shared/postgres/circuit-breaker.ts'

const gone = new Error('gone')

function breakerAt() {
  const clock = { nowMs: 1_000 }
  const changes: unknown[] = []
  const breaker = new CircuitBreaker({
    onChange: (error) => changes.push(error),
    time: { now: () => clock.nowMs, sleep: (forMs, signal) => sleep(forMs, undefined, { signal }) },
  })
  /** One attempt after the other fails, so often. */
  const fail = (times: number): void => {
    for (let time = 0; time < times; time += 1) breaker.failed(breaker.failures, gone)
  }
  const open = (): void => fail(breakerLimits.failuresMax)
  const untilProbeMs = (): number => breaker.away().nextProbeMs
  return { breaker, clock, changes, fail, open, untilProbeMs }
}

describe('a closed breaker', () => {
  it('opens when as many attempts as the limit have failed one after the other, and says why once', () => {
    const { breaker, changes, fail } = breakerAt()
    fail(breakerLimits.failuresMax - 1)
    expect([breaker.isOpen, changes]).toEqual([false, []])
    fail(1)
    expect([breaker.isOpen, changes]).toEqual([true, [gone]])
  })

  it('stays closed when an answer comes in between, be it an error of a statement', () => {
    const { breaker, fail } = breakerAt()
    for (let round = 0; round < 10; round += 1) {
      fail(breakerLimits.failuresMax - 1)
      breaker.answered()
    }
    expect(breaker.isOpen).toBe(false)
  })

  it('takes attempts that were under way together for one', () => {
    const { breaker } = breakerAt()
    const noted = breaker.failures
    for (let attempt = 0; attempt < 100; attempt += 1) breaker.failed(noted, gone)
    expect([breaker.isOpen, breaker.failures]).toEqual([false, 1])
  })
})

describe('an open breaker', () => {
  it('tells every caller how long it is to the next probe', () => {
    const { breaker, clock, open, untilProbeMs } = breakerAt()
    open()
    const firstMs = untilProbeMs()
    expect(firstMs).toBeGreaterThanOrEqual(breakerLimits.firstProbeMs / 2)
    expect(firstMs).toBeLessThanOrEqual(breakerLimits.firstProbeMs)
    clock.nowMs += firstMs / 2
    expect(untilProbeMs()).toBeCloseTo(firstMs / 2)
    expect(breaker.away()).toBeInstanceOf(ServerAway)
    expect(breaker.away().cause).toBe(gone)
    expect(breaker.reachability).toEqual({ isReachable: false, nextProbeMs: untilProbeMs() })
  })

  it('lets one caller of a hundred probe when it is time, and nobody before', () => {
    const { breaker, clock, open } = breakerAt()
    open()
    const probing = (): number =>
      Array.from({ length: 100 }, () => breaker.beginProbe()).filter(Boolean).length
    expect(probing()).toBe(0)
    clock.nowMs += breakerLimits.firstProbeMs
    expect(probing()).toBe(1)
    expect(probing()).toBe(0)
  })

  it('waits longer after each probe that fails, up to the limit', () => {
    const { breaker, clock, open, untilProbeMs } = breakerAt()
    open()
    const waits: number[] = []
    for (let probe = 0; probe < 12; probe += 1) {
      waits.push(untilProbeMs())
      clock.nowMs += untilProbeMs()
      expect(breaker.beginProbe()).toBe(true)
      breaker.probeFailed(gone)
    }
    for (const [at, waitMs] of waits.entries()) {
      const ceilingMs = Math.min(breakerLimits.longestProbeMs, breakerLimits.firstProbeMs * 2 ** at)
      expect(waitMs).toBeGreaterThanOrEqual(ceilingMs / 2)
      expect(waitMs).toBeLessThanOrEqual(ceilingMs)
    }
  })

  it('closes when the server answers, and begins anew after that', () => {
    const { breaker, clock, changes, fail, open, untilProbeMs } = breakerAt()
    open()
    for (let probe = 0; probe < 5; probe += 1) {
      clock.nowMs += untilProbeMs()
      breaker.beginProbe()
      breaker.probeFailed(gone)
    }
    breaker.answered()
    expect([breaker.isOpen, changes]).toEqual([false, [gone, null]])
    fail(breakerLimits.failuresMax - 1)
    expect(breaker.isOpen).toBe(false)
    fail(1)
    expect(untilProbeMs()).toBeLessThanOrEqual(breakerLimits.firstProbeMs)
  })

  it('closes by a call that was under way, also during a probe, whose failure then means nothing', () => {
    const { breaker, clock, open, untilProbeMs } = breakerAt()
    open()
    clock.nowMs += untilProbeMs()
    breaker.beginProbe()
    breaker.answered()
    breaker.probeFailed(gone)
    expect(breaker.reachability).toEqual({ isReachable: true, nextProbeMs: 0 })
  })

  it('lets all who wait go on when one of them has probed, whatever came of it', async () => {
    const { breaker, clock, open, untilProbeMs } = breakerAt()
    open()
    let probes = 0
    const probe = async (): Promise<void> => {
      probes += 1
      await sleep(5)
      if (probes === 2) {
        breaker.answered()
        return
      }
      breaker.probeFailed(gone)
      clock.nowMs += untilProbeMs()
      throw gone
    }
    clock.nowMs += untilProbeMs()
    const waiting = await Promise.all(Array.from({ length: 100 }, () => breaker.whenClosed(probe, 60_000)))
    expect([new Set(waiting), probes]).toEqual([new Set([true]), 2])
  })

  it('lets who waits go on when their own time is over, or when they are called off', async () => {
    const { breaker, clock, open } = breakerAt()
    open()
    const none = (): Promise<void> => Promise.reject(new Error('it is not time'))
    expect(await breaker.whenClosed(none, 60_000, AbortSignal.abort())).toBe(false)
    const waiting = breaker.whenClosed(none, 5)
    clock.nowMs += 5
    expect(await waiting).toBe(false)
  })

  it('keeps nobody waiting once it is closed', async () => {
    const { breaker } = breakerAt()
    expect(await breaker.whenClosed(() => Promise.reject(gone), 0)).toBe(true)
  })
})
