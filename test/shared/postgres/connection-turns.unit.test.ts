import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { classifyFailure } from '../../../shared/postgres/classify.ts'
import { ConnectionTurns } from '../../../shared/postgres/connection-turns.ts'
import type { Work } from '../../../shared/postgres/connection-turns.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const turnsOf = (max: number, bulkMax = 1): ConnectionTurns =>
  new ConnectionTurns({ max, bulkMax, timeoutMs: 5_000 })

/** Notes in which order the turns of these come. */
function line(turns: ConnectionTurns) {
  const came: string[] = []
  return {
    came,
    /** @returns whether a place was free at once */
    join: (name: string, work: Work = 'short', label = name): boolean => {
      const coming = turns.take({ name, work })
      void coming?.then(() => came.push(label))
      return coming === null
    },
    next: async (work: Work = 'short'): Promise<void> => {
      turns.giveBack(work)
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}

describe('turns', () => {
  it('give what is free at once, to one name alone as to many', () => {
    const turns = turnsOf(3)
    const { join } = line(turns)
    expect([join('a'), join('a'), join('a')]).toEqual([true, true, true])
    turns.giveBack('short')
    expect(join('a')).toBe(true)
  })

  it('go round the names, however many each has waiting', async () => {
    const turns = turnsOf(1)
    const { came, join, next } = line(turns)
    join('flood')
    for (let count = 1; count <= 100; count += 1) join('flood', 'short', `flood ${count}`)
    join('other')
    join('third')
    for (let count = 0; count < 5; count += 1) await next()
    expect(came).toEqual(['flood 1', 'other', 'third', 'flood 2', 'flood 3'])
    for (let count = 0; count < 97; count += 1) await next()
    expect(came).toHaveLength(102)
    turns.giveBack('short')
    expect(join('anybody')).toBe(true)
  })

  it('keep some connections for short work, whatever bulk work waits', async () => {
    const turns = turnsOf(3, 1)
    const { came, join, next } = line(turns)
    expect(join('a', 'bulk', 'bulk 1')).toBe(true)
    expect(join('b', 'bulk', 'bulk 2')).toBe(false)
    expect([join('c'), join('c')]).toEqual([true, true])
    join('c', 'short', 'short 3')
    await next('short')
    expect(came).toEqual(['short 3'])
    await next('bulk')
    expect(came).toEqual(['short 3', 'bulk 2'])
    await next('bulk')
    await next('short')
    await next('short')
  })

  it('let bulk work have its turn among short work that never ends', async () => {
    const turns = turnsOf(1)
    const { came, join, next } = line(turns)
    join('a')
    for (let count = 0; count < 9; count += 1) join('a')
    join('b', 'bulk', 'bulk')
    await next()
    await next()
    expect(came).toEqual(['a', 'bulk'])
    await next('bulk')
    for (let count = 0; count < 8; count += 1) await next()
  })

  it('end after their time as a connection that is not to be had, and take nothing', async () => {
    const turns = turnsOf(1)
    const { came, join, next } = line(turns)
    join('a')
    const late = turns.take({ name: 'b', work: 'short' })?.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(4_999)
    join('c')
    await vi.advanceTimersByTimeAsync(1)
    expect(classifyFailure(await late)).toBe('before-send')
    await next()
    expect(came).toEqual(['c'])
    await next()
    expect(vi.getTimerCount()).toBe(0)
    expect(join('d')).toBe(true)
  })

  it('end with the reason of a signal, before and while they wait', async () => {
    const turns = turnsOf(1)
    const { join, next } = line(turns)
    join('a')
    const controller = new AbortController()
    const waiting = turns.take({ name: 'a', work: 'short' }, controller.signal)
    controller.abort(new Error('the time is over'))
    await expect(waiting).rejects.toThrow('the time is over')
    await expect(turns.take({ name: 'a', work: 'short' }, controller.signal)).rejects.toThrow(
      'the time is over',
    )
    expect(vi.getTimerCount()).toBe(0)
    await next()
    expect(join('a')).toBe(true)
  })

  it('hold in every order: never more than there are, none idle while one may go, nobody forgotten', async () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      work: fc.constantFrom<Work>('short', 'bulk'),
      isTaking: fc.boolean(),
      which: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 50 }),
        async (max, steps) => {
          const bulkMax = Math.max(1, Math.floor(max / 2))
          const turns = turnsOf(max, bulkMax)
          const held: Work[] = []
          const waiting: Work[] = []
          for (const { name, work, isTaking, which } of steps) {
            if (isTaking) {
              const coming = turns.take({ name, work })
              if (coming === null) held.push(work)
              else {
                const one = work
                waiting.push(one)
                void coming.then(() => {
                  waiting.splice(waiting.indexOf(one), 1)
                  held.push(one)
                })
              }
            } else if (held.length > 0) {
              turns.giveBack(held.splice(which % held.length, 1)[0] ?? 'short')
            }
            await vi.advanceTimersByTimeAsync(0)
            const bulk = held.filter((one) => one === 'bulk').length
            expect(held.length).toBeLessThanOrEqual(max)
            expect(bulk).toBeLessThanOrEqual(bulkMax)
            const mayGo = waiting.some((one) => held.length < max && (one === 'short' || bulk < bulkMax))
            expect(mayGo).toBe(false)
          }
          while (held.length > 0) {
            turns.giveBack(held.pop() ?? 'short')
            await vi.advanceTimersByTimeAsync(0)
          }
          expect(waiting).toEqual([])
        },
      ),
    )
  })
})
