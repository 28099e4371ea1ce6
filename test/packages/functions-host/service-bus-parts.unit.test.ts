import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Collector } from '../../../packages/functions-host/service-bus/collector.ts'
import { keepLock } from '../../../packages/functions-host/service-bus/lock-renewal.ts'
import { Loss } from '../../../packages/functions-host/service-bus/loss.ts'
import { Settlement } from '../../../packages/functions-host/service-bus/settlement.ts'
import type { OpenReceiver } from '../../../packages/functions-host/service-bus/settlement.ts'
import { Slots } from '../../../packages/functions-host/service-bus/slots.ts'

const size = { most: 3, least: 1, leastWaitMs: 0 }
const pause = (timeMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, timeMs))

describe('the collector', () => {
  test('gives what came together, at most so many, in order', async () => {
    const collector = new Collector<number>()
    const { signal } = new AbortController()
    for (const item of [1, 2, 3, 4]) collector.push(String(item), item)
    expect(await collector.take(size, signal)).toEqual([1, 2, 3])
    expect(await collector.take(size, signal)).toEqual([4])
    const waiting = collector.take(size, signal)
    collector.push('5', 5)
    collector.push('6', 6)
    expect(await waiting).toEqual([5, 6])
  })

  test('has the later one of two items with one key', async () => {
    const collector = new Collector<string>()
    expect(collector.push('a', 'first')).toBeUndefined()
    collector.push('b', 'other')
    expect(collector.push('a', 'second')).toBe('first')
    expect(await collector.take(size, new AbortController().signal)).toEqual(['other', 'second'])
  })

  test('waits for the least number, for a time', async () => {
    const collector = new Collector<number>()
    collector.push('1', 1)
    const begunAtMs = performance.now()
    const { signal } = new AbortController()
    expect(await collector.take({ most: 5, least: 2, leastWaitMs: 150 }, signal)).toEqual([1])
    expect(performance.now() - begunAtMs).toBeGreaterThan(140)
  })

  test('waits no longer when it is ended', async () => {
    const collector = new Collector<number>()
    const ending = new AbortController()
    const waiting = collector.take(size, ending.signal)
    ending.abort()
    expect(await waiting).toEqual([])
  })
})

describe('a loss', () => {
  test('ends the wait for work that has no answer any more, with its first reason', async () => {
    const loss = new Loss()
    const waiting = loss.unlessLost(new Promise(() => undefined))
    loss.happen(new Error('first'))
    loss.happen(new Error('second'))
    await expect(waiting).rejects.toThrow('first')
    await expect(loss.unlessLost(Promise.resolve(1))).rejects.toThrow('first')
  })

  test('leaves work alone that ends before', async () => {
    const loss = new Loss()
    expect(await loss.unlessLost(Promise.resolve('done'))).toBe('done')
    await expect(loss.unlessLost(Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    let told = 0
    const forget = loss.whenLost(() => told++)
    forget()
    loss.happen(new Error('later'))
    expect(told).toBe(0)
  })
})

test('slots let so many run at a time, and the next one in its turn, failures too', async () => {
  const slots = new Slots(2)
  const order: string[] = []
  const run = (name: string, fails = false): Promise<void> =>
    slots.run(async () => {
      order.push(`+${name}`)
      await pause(5)
      order.push(`-${name}`)
      if (fails) throw new Error(name)
    })
  await Promise.allSettled([run('a', true), run('b'), run('c'), run('d')])
  expect(order.slice(0, 3)).toEqual(['+a', '+b', '-a'])
  expect(order.filter((step) => step.startsWith('+'))).toEqual(['+a', '+b', '+c', '+d'])
})

describe('the renewal of a lock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  const lockedFor = (timeMs: number): Parameters<typeof keepLock>[0] =>
    ({ lockedUntilUtc: new Date(Date.now() + timeMs) }) as Parameters<typeof keepLock>[0]

  test('comes before its end, again and again, until the limit', async () => {
    let renewals = 0
    const renewal = keepLock(lockedFor(600), {
      limitMs: 1_000,
      renew: () => {
        renewals++
        return Promise.resolve(new Date(Date.now() + 600))
      },
      failed: () => undefined,
    })
    await vi.advanceTimersByTimeAsync(1_500)
    expect(renewals).toBe(3)
    renewal.stop()
  })

  test('tells its failure once, and not after it was stopped', async () => {
    const failures: unknown[] = []
    const options = {
      limitMs: 10_000,
      renew: () => Promise.reject(new Error('lost')),
      failed: (error: unknown) => failures.push(error),
    }
    keepLock(lockedFor(500), options)
    keepLock(lockedFor(500), options).stop()
    await vi.advanceTimersByTimeAsync(700)
    expect(failures).toHaveLength(1)
  })
})

describe('settling', () => {
  const message = (messageId: string, sessionId?: string) =>
    ({ messageId, ...(sessionId !== undefined && { sessionId }) }) as Parameters<
      OpenReceiver['settler']['completeMessage']
    >[0]

  function receiver(): OpenReceiver & { readonly completed: unknown[] } {
    const completed: unknown[] = []
    return {
      completed,
      loss: new Loss(),
      settler: {
        completeMessage: ({ messageId }) => {
          completed.push(messageId)
          return Promise.resolve()
        },
        abandonMessage: () => Promise.reject(new Error('refused')),
      },
    }
  }

  test('of a lost receiver is done by the one that follows; a message of a session comes again', async () => {
    const told: string[] = []
    const settlement = new Settlement(new AbortController().signal, (text) => told.push(text))
    const first = receiver()
    const second = receiver()
    settlement.follow(first)
    first.loss.happen(new Error('gone'))
    const settling = settlement.settle(first, [message('a'), message('b', 's')], 'complete')
    await pause(20)
    settlement.follow(second)
    await settling
    expect(second.completed).toEqual(['a'])
    expect(told).toEqual([
      "1 of 2 messages could not be settled (complete) and may come again. The first: 'b': gone",
    ])
  })

  test('is given up at a stop, and what fails is told once for all', async () => {
    const told: string[] = []
    const stopping = new AbortController()
    const settlement = new Settlement(stopping.signal, (text) => told.push(text))
    const lost = receiver()
    lost.loss.happen(new Error('gone'))
    const settling = settlement.settle(lost, [message('a')], 'complete')
    stopping.abort()
    await settling
    await settlement.settle(receiver(), [message('a'), message('b')], 'abandon')
    expect(told).toEqual([
      "1 of 1 messages could not be settled (complete) and may come again. The first: 'a': gone",
      "2 of 2 messages could not be settled (abandon) and may come again. The first: 'a': refused",
    ])
  })
})
