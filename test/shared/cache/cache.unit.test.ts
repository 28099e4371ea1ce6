import { describe, expect, it } from 'vitest'
import { Remembered, TimedCache } from '../../../shared/cache/index.ts'

/** A source of numbers whose answers the test gives when it likes, and a clock that stands still. */
function stage() {
  const clock = { ms: 1_000 }
  const answers: ((value: number) => void)[] = []
  const failures: ((error: Error) => void)[] = []
  const remembered = new Remembered<number>(
    () =>
      new Promise((resolve, reject) => {
        answers.push(resolve)
        failures.push(reject)
      }),
    { freshMs: 100, now: () => clock.ms },
  )
  return { clock, answers, failures, remembered }
}

describe('a remembered value', () => {
  it('is asked for once by all who ask at the same time, and not again while it is fresh', async () => {
    const { clock, answers, remembered } = stage()
    const both = Promise.all([remembered.recent(), remembered.recent()])
    await Promise.resolve()
    answers[0]?.(7)
    expect(await both).toEqual([7, 7])
    clock.ms += 99
    expect(await remembered.recent()).toBe(7)
    expect(answers).toHaveLength(1)
    clock.ms += 1
    expect(remembered.fresh).toBeUndefined()
    const next = remembered.recent()
    await Promise.resolve()
    answers[1]?.(8)
    expect(await next).toBe(8)
  })

  it('is as old as its question, however long the answer took', async () => {
    const { clock, answers, remembered } = stage()
    const slow = remembered.recent()
    await Promise.resolve()
    clock.ms += 100
    answers[0]?.(7)
    expect(await slow).toBe(7)
    expect(remembered.fresh).toBeUndefined()
    expect(remembered.ageMs).toBe(100)
  })

  it('is looked at again by each caller that wants it as it is now', async () => {
    const { answers, remembered } = stage()
    const [shared, own] = [remembered.shared(), remembered.refreshed()]
    await Promise.resolve()
    expect(answers).toHaveLength(2)
    answers[1]?.(8)
    answers[0]?.(7)
    expect(await own).toBe(8)
    expect(await shared).toBe(7)
  })

  it('is asked for again after a look that failed', async () => {
    const { answers, failures, remembered } = stage()
    const failing = remembered.recent()
    await Promise.resolve()
    failures[0]?.(new Error('away'))
    await expect(failing).rejects.toThrow('away')
    const next = remembered.recent()
    await Promise.resolve()
    answers[1]?.(8)
    expect(await next).toBe(8)
  })

  it('is not replaced by an answer to an earlier question', () => {
    const { clock, remembered } = stage()
    expect(remembered.learn(8, clock.ms)).toBe(8)
    expect(remembered.learn(7, clock.ms - 1)).toBe(8)
    expect(remembered.fresh).toBe(8)
  })
})

describe('a cache', () => {
  it('keeps a value until its time, and nothing that is over already', () => {
    let nowMs = 0
    const cache = new TimedCache<string>(10, () => nowMs)
    cache.set('a', 'A', 5)
    cache.set('over', 'O', 0)
    nowMs = 4
    expect([cache.get('a'), cache.get('over'), cache.get('b')]).toEqual(['A', undefined, undefined])
    nowMs = 5
    expect(cache.get('a')).toBeUndefined()
  })

  it('forgets the oldest entry where there are too many; one that is set again is a new one', () => {
    const cache = new TimedCache<number>(2, () => 0)
    cache.set('a', 1, 9)
    cache.set('b', 2, 9)
    cache.set('a', 3, 9)
    cache.set('c', 4, 9)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([3, undefined, 4])
  })
})
