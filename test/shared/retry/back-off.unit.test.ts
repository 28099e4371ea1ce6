import { expect, test } from 'vitest'
import { equalJitterMs, fullJitterMs } from '../../../shared/retry/index.ts'

const backOff = { firstMs: 250, longestMs: 5_000 }
const FAILURES = [1, 2, 3, 4, 5, 6, 7, 100, 10_000]
const LIMITS_MS = [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]

test('the limit doubles with each failure, up to the longest wait', () => {
  expect(FAILURES.map((failures) => fullJitterMs(failures, backOff, () => 1))).toEqual(LIMITS_MS)
  expect(FAILURES.map((failures) => equalJitterMs(failures, backOff, () => 1))).toEqual(LIMITS_MS)
})

test('full jitter begins at 0, equal jitter at half the limit', () => {
  expect(FAILURES.map((failures) => fullJitterMs(failures, backOff, () => 0))).toEqual(FAILURES.map(() => 0))
  expect(FAILURES.map((failures) => equalJitterMs(failures, backOff, () => 0))).toEqual(
    LIMITS_MS.map((limitMs) => limitMs / 2),
  )
  expect(fullJitterMs(3, backOff, () => 0.25)).toBe(250)
  expect(equalJitterMs(3, backOff, () => 0.5)).toBe(750)
})

test('a wait of 0 stays one: tests of subscriptions do not wait', () => {
  expect(fullJitterMs(10_000, { firstMs: 0, longestMs: 0 })).toBe(0)
  expect(equalJitterMs(4, { firstMs: 0, longestMs: 0 })).toBe(0)
})
