import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ExpiringLocks } from '../../../packages/service-bus-stand-in/engine/expiring-locks.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})

afterEach(() => {
  vi.useRealTimers()
})

function locksOf(): { locks: ExpiringLocks<string>; expired: string[] } {
  const expired: string[] = []
  const locks = new ExpiringLocks<string>(1000, Date.now, (key) => expired.push(`${key} ${Date.now()}`))
  return { locks, expired }
}

test('each lock expires after its time, also when others were renewed or released', () => {
  const { locks, expired } = locksOf()
  locks.hold('a', 'A')
  vi.advanceTimersByTime(300)
  locks.hold('b', 'B')
  locks.hold('c', 'C')
  vi.advanceTimersByTime(300)
  expect(locks.renew('a')).toBe(1600)
  expect(locks.release('c')).toBe('C')
  vi.advanceTimersByTime(5000)
  expect(expired).toEqual(['b 1300', 'a 1600'])
  expect(locks.renew('a')).toBeUndefined()
})

test('a lock that is over is nobody’s, even before its timer has said so', () => {
  const { locks, expired } = locksOf()
  locks.hold('a', 'A')
  vi.setSystemTime(1000)
  expect(locks.get('a')).toBeUndefined()
  expect(locks.release('a')).toBeUndefined()
  vi.advanceTimersByTime(1000)
  expect(expired).toHaveLength(1)
})

test('a lock that is taken again before its timer ran stands behind those that were taken earlier', () => {
  const { locks, expired } = locksOf()
  locks.hold('a', 'A')
  vi.advanceTimersByTime(500)
  locks.hold('b', 'B')
  // The event loop was busy: "a" is over, and no timer has run.
  vi.setSystemTime(1200)
  expect(locks.release('a')).toBeUndefined()
  expect(locks.hold('a', 'again')).toBe(2200)
  vi.advanceTimersByTime(5000)
  expect(expired.map((line) => line.split(' ')[0])).toEqual(['b', 'a'])
  expect(Number(expired[0]?.split(' ')[1])).toBeLessThanOrEqual(1800)
})
