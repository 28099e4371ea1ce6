import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MockInstance } from 'vitest'
import { RetryBudget, retryLimits, withRetry } from '../../../shared/postgres/index.ts'
import type { RetryOptions } from '../../../shared/postgres/index.ts'

const failing = (code: string): Error => Object.assign(new Error(code), { code })

/** Fails with each code in turn, then succeeds; tells the attempts that were made. */
function workFailing(...codes: string[]) {
  const attempts: number[] = []
  const work = (attempt: number): Promise<string> => {
    attempts.push(attempt)
    const code = codes[attempts.length - 1]
    return code === undefined ? Promise.resolve('done') : Promise.reject(failing(code))
  }
  return { attempts, work }
}

const options = (overrides: Partial<RetryOptions> = {}): RetryOptions => ({
  budget: new RetryBudget(),
  resolvesAmbiguity: false,
  ...overrides,
})

let jitter: MockInstance<() => number>
beforeEach(() => {
  jitter = vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  jitter.mockRestore()
})

describe('withRetry', () => {
  it('tries again what was undone, as often as the limit says', async () => {
    const twice = workFailing('40001', '40P01')
    expect(await withRetry(twice.work, options())).toBe('done')
    expect(twice.attempts).toEqual([1, 2, 3])
    const always = workFailing('40001', '40001', '55P03', '40001')
    await expect(withRetry(always.work, options())).rejects.toThrow('55P03')
    expect(always.attempts).toHaveLength(retryLimits.attemptsMax)
  })

  it('tries a lost answer again only when somebody resolves it', async () => {
    const guessing = workFailing('ECONNRESET')
    await expect(withRetry(guessing.work, options())).rejects.toThrow('ECONNRESET')
    expect(guessing.attempts).toEqual([1])
    const resolving = workFailing('ECONNRESET')
    expect(await withRetry(resolving.work, options({ resolvesAmbiguity: true }))).toBe('done')
  })

  it('throws what was lost when the attempts after it say nothing of it', async () => {
    const resolving = { resolvesAmbiguity: true }
    const gone = workFailing('ECONNRESET', 'ECONNREFUSED', 'ECONNREFUSED')
    await expect(withRetry(gone.work, options(resolving))).rejects.toThrow('ECONNRESET')
    const slow = workFailing('57P01', '57014')
    await expect(withRetry(slow.work, options(resolving))).rejects.toThrow('57P01')
    const told = workFailing('ECONNRESET', '23505')
    await expect(withRetry(told.work, options(resolving))).rejects.toThrow('23505')
  })

  it('never tries again what would fail again', async () => {
    const refused = workFailing('42501')
    await expect(withRetry(refused.work, options({ resolvesAmbiguity: true }))).rejects.toThrow('42501')
    expect(refused.attempts).toEqual([1])
  })

  it.each(['53200', '25006'])('tries %s once more and not twice', async (code) => {
    const pressed = workFailing(code, code)
    await expect(withRetry(pressed.work, options())).rejects.toThrow(code)
    expect(pressed.attempts).toEqual([1, 2])
  })

  it('does not begin a wait that would end after the deadline', async () => {
    jitter.mockReturnValue(0.99)
    const late = workFailing('40001')
    await expect(withRetry(late.work, options({ deadlineAtMs: Date.now() + 1 }))).rejects.toThrow('40001')
    expect(late.attempts).toEqual([1])
    const early = workFailing('40001')
    expect(await withRetry(early.work, options({ deadlineAtMs: Date.now() + 60_000 }))).toBe('done')
  })

  it('stops waiting when it is aborted, with the error that it waited for', async () => {
    jitter.mockReturnValue(0.99)
    const controller = new AbortController()
    const waiting = workFailing('40001')
    const run = withRetry(
      (attempt) => {
        setTimeout(() => controller.abort(), 1)
        return waiting.work(attempt)
      },
      options({ signal: controller.signal }),
    )
    await expect(run).rejects.toThrow('40001')
    expect(waiting.attempts).toEqual([1])
  })

  it('does nothing at all for a caller that has disconnected already', async () => {
    const gone = workFailing()
    await expect(
      withRetry(gone.work, options({ signal: AbortSignal.abort(new Error('gone')) })),
    ).rejects.toThrow('gone')
    expect(gone.attempts).toEqual([])
  })
})

describe('the budget of retries', () => {
  it('ends retries when half of it is spent, for all who share it', async () => {
    const budget = new RetryBudget()
    let retries = 0
    for (let call = 0; call < 40; call += 1) {
      const once = workFailing('40001', '40001', '40001')
      await withRetry(once.work, options({ budget })).catch(() => {})
      retries += once.attempts.length - 1
    }
    expect(retries).toBe(retryLimits.budgetTokens / 2 - 1)
  })

  it('is earned back by successes, a tenth each, and never beyond its size', () => {
    const budget = new RetryBudget()
    for (let success = 0; success < 1_000; success += 1) budget.earn()
    const spent = Array.from({ length: 30 }, () => budget.spend())
    expect(spent.filter(Boolean)).toHaveLength(retryLimits.budgetTokens / 2 - 1)
    for (let success = 0; success < 120; success += 1) budget.earn()
    expect(budget.spend()).toBe(true)
  })
})
