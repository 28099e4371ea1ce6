import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WakeUps } from '../../../shared/nudges/index.ts'
import type { WakeRun } from '../../../shared/nudges/index.ts'

let asked = 0
let failed: string[] = []

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  asked = 0
  failed = []
})

afterEach(() => {
  vi.useRealTimers()
})

const wakeUpsOf = (runs: Readonly<Record<string, WakeRun<null>>>): WakeUps<null> =>
  new WakeUps({
    runs: new Map(Object.entries(runs)),
    askAgain: () => {
      asked += 1
    },
    failed: (name, error) => failed.push(`${name}: ${String(error)}`),
  })

/** A run whose end the test decides. */
function heldRun() {
  const ends: ((outcome: string) => void)[] = []
  return {
    run: () => new Promise<string>((resolve) => ends.push(resolve)),
    ends,
  }
}

describe('a nudge', () => {
  test('runs those whom it names, each once, beside each other', async () => {
    const ran: string[] = []
    const wakeUps = wakeUpsOf({
      a: () => Promise.resolve(String(ran.push('a'))),
      b: () => Promise.resolve(String(ran.push('b'))),
      c: () => Promise.resolve(String(ran.push('c'))),
    })
    await wakeUps.wake(['a', 'c', 'a', 'of another version'], null)
    expect(ran).toEqual(['a', 'c'])
  })

  test('during a run makes it run once more, however many come', async () => {
    const { run, ends } = heldRun()
    const wakeUps = wakeUpsOf({ a: run })
    const first = wakeUps.wake(['a'], null)
    await Promise.all([wakeUps.wake(['a'], null), wakeUps.wake(['a'], null)])
    expect(ends).toHaveLength(1)
    ends[0]?.('done')
    await vi.advanceTimersByTimeAsync(0)
    expect(ends).toHaveLength(2)
    ends[1]?.('done')
    await first
    expect(ends).toHaveLength(2)
  })

  test('while another process works is kept until this one had the lease', async () => {
    const outcomes = ['busy', 'busy', 'busy', 'done']
    const wakeUps = wakeUpsOf({ a: () => Promise.resolve(outcomes.shift() ?? 'too often') })
    const waking = wakeUps.wake(['a'], null)
    await vi.advanceTimersByTimeAsync(5_000)
    await waking
    expect(outcomes).toEqual([])
    expect(asked).toBe(0)
  })

  test('asks for another one where there is more to do than one wake-up may', async () => {
    let runs = 0
    const wakeUps = wakeUpsOf({
      a: () => {
        runs += 1
        vi.advanceTimersByTime(20_000)
        return Promise.resolve('budget-spent')
      },
    })
    await wakeUps.wake(['a'], null)
    expect([runs, asked]).toEqual([2, 1])
  })

  test('whose run fails tries again for a while, and fails nobody else and not the message', async () => {
    let runs = 0
    let others = 0
    const wakeUps = wakeUpsOf({
      bad: () => {
        runs += 1
        return Promise.reject(new Error('no database'))
      },
      good: () => Promise.resolve(String((others += 1))),
    })
    const waking = wakeUps.wake(['bad', 'good'], null)
    await vi.advanceTimersByTimeAsync(20_000)
    await wakeUps.wake(['bad'], null)
    await vi.advanceTimersByTimeAsync(40_000)
    await waking
    expect(runs).toBeGreaterThan(20)
    expect([others, asked]).toEqual([1, 0])
    expect(failed).toEqual(['bad: Error: no database'])
    const next = wakeUps.wake(['bad'], null)
    await vi.advanceTimersByTimeAsync(60_000)
    await next
    expect(failed).toHaveLength(2)
  })

  test('while a failure is backed off from is kept until that is over', async () => {
    const outcomes = ['waiting', 'waiting', 'resizing', 'done']
    const wakeUps = wakeUpsOf({ a: () => Promise.resolve(outcomes.shift() ?? 'too often') })
    const waking = wakeUps.wake(['a'], null)
    await vi.advanceTimersByTimeAsync(5_000)
    await waking
    expect(outcomes).toEqual([])
  })
})
