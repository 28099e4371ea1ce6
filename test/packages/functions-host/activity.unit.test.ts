import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createActivity } from '../../../packages/functions-host/activity.ts'
import type { OverdueInvocation } from '../../../packages/functions-host/activity.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('what runs is counted', () => {
  const activity = createActivity(undefined, () => undefined)
  activity.begin('1', 'a')
  activity.begin('2', 'b')
  activity.end('1')
  expect(activity.outstandingInvocations).toBe(1)
})

test('settled waits for the last one to end, or for its limit', async () => {
  const activity = createActivity(undefined, () => undefined)
  await activity.settled(1_000)
  activity.begin('1', 'a')
  activity.begin('2', 'b')
  let settled = 0
  void activity.settled(1_000_000).then(() => settled++)
  activity.end('1')
  await vi.advanceTimersByTimeAsync(10)
  expect(settled).toBe(0)
  activity.end('2')
  await vi.advanceTimersByTimeAsync(0)
  expect(settled).toBe(1)
  activity.begin('3', 'c')
  void activity.settled(1_000).then(() => settled++)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(settled).toBe(2)
})

test('the first that runs past the limit is told, once', async () => {
  const overdue: OverdueInvocation[] = []
  const activity = createActivity(10_000, (found) => overdue.push(found))
  activity.begin('1', 'a')
  await vi.advanceTimersByTimeAsync(5_000)
  activity.begin('2', 'b')
  activity.end('1')
  await vi.advanceTimersByTimeAsync(9_000)
  expect(overdue).toEqual([])
  await vi.advanceTimersByTimeAsync(20_000)
  expect(overdue).toEqual([{ invocationId: '2', functionName: 'b' }])
})

test('nothing is told after the watch has stopped', async () => {
  const overdue: OverdueInvocation[] = []
  const activity = createActivity(1_000, (found) => overdue.push(found))
  activity.begin('1', 'a')
  activity.stopWatch()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(overdue).toEqual([])
})
