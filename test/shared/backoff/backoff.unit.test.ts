import { afterEach, describe, expect, it, vi } from 'vitest'
import { backoffCeilingMs, equalJitterMs, fullJitterMs } from '../../../shared/backoff/index.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a back-off', () => {
  it('doubles with each failure, up to the longest wait', () => {
    expect([1, 2, 3, 4, 5, 60].map((failures) => backoffCeilingMs(failures, 250, 3_000))).toEqual([
      250, 500, 1_000, 2_000, 3_000, 3_000,
    ])
    // However many they are: 2 to their power is infinite, and the wait is not.
    expect(backoffCeilingMs(5_000, 250, 3_000)).toBe(3_000)
    expect(backoffCeilingMs(5_000, 0, 0)).toBe(0)
  })

  it.each([
    [0, 0, 500],
    [0.5, 500, 750],
    [0.999, 999, 999.5],
  ])('is spread by a random %d', (random, full, equal) => {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    expect(fullJitterMs(1_000)).toBe(full)
    expect(equalJitterMs(1_000)).toBe(equal)
  })
})
