import { setTimeout as sleep } from 'node:timers/promises'
import { equalJitterMs, fullJitterMs } from '../retry/index.ts'
import { classifyFailure, codeOf } from './classify.ts'
import type { FailureClass } from './classify.ts'
import { ServerAway } from './circuit-breaker.ts'
import { retryLimits } from './settings.ts'

/**
 * Token bucket like gRPC's retry throttling: a success earns a tenth of a retry, and there are no retries while half of
 * the tokens or less are left. Otherwise every caller would send its work three times to a server in trouble.
 */
export class RetryBudget {
  #tokens: number = retryLimits.budgetTokens

  earn(): void {
    this.#tokens = Math.min(retryLimits.budgetTokens, this.#tokens + retryLimits.tokensPerSuccess)
  }

  spend(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1)
    return this.#tokens > retryLimits.budgetTokens / 2
  }
}

export interface RetryOptions {
  readonly budget: RetryBudget
  /** True when a lost answer is resolved by a receipt or by ids. */
  readonly resolvesAmbiguity: boolean
  /** Milliseconds since the epoch after which nothing is tried again. */
  readonly deadlineAtMs?: number
  readonly signal?: AbortSignal
  /** Waits until the server can be reached, for at most so long; says whether it can. */
  readonly whenReachable?: (forMs: number, signal?: AbortSignal) => Promise<boolean>
}

/**
 * Runs a whole transaction again while that is safe, never after the deadline and never more often than the budget
 * allows. The delay has full jitter: its limit begins at `baseDelayMs`, doubles with each attempt and ends at
 * `delayMsMax`. The last attempt's error is thrown. Exception: if the answer to an earlier attempt was lost and the
 * last error says nothing about it, the earlier error is thrown, since something may have been written. A signal that
 * is aborted before the first attempt throws its reason. While the server is away the error is thrown at once; but work
 * whose answer was lost waits for the server, so that it can be resolved. `attempt` is 1 at the first call; from 2 on the
 * work may find what an earlier attempt wrote.
 */
export async function withRetry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  // If the caller has disconnected, nothing is written for it.
  options.signal?.throwIfAborted()
  let lost: Lost | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await work(attempt)
      options.budget.earn()
      return result
    } catch (error) {
      const failure = classifyFailure(error)
      if (failure === 'ambiguous') lost ??= { error, untilMs: Date.now() + retryLimits.lostMsMax }
      if (error instanceof ServerAway && lost !== undefined && (await comesBack(lost, options))) {
        // Nothing was attempted.
        attempt -= 1
        continue
      }
      const told = lost === undefined || isAnswer(failure, error) ? error : lost.error
      const delayMs = delayBeforeRetry(attempt, error, options)
      if (delayMs === null || !options.budget.spend()) throw told
      await sleep(delayMs, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
        () => {
          throw told
        },
      )
    }
  }
}

/** An answer that did not come, and until when it is worth a wait to find out what became of the work. */
interface Lost {
  readonly error: unknown
  readonly untilMs: number
}

function comesBack(
  { untilMs }: Lost,
  { deadlineAtMs, signal, whenReachable }: RetryOptions,
): Promise<boolean> {
  const forMs = Math.min(untilMs, deadlineAtMs ?? untilMs) - Date.now()
  return whenReachable?.(forMs, signal) ?? Promise.resolve(false)
}

/**
 * True when the server refused the work itself. A statement that ended at its time limit (57014) is no such answer: the
 * server may have ended it before it looked at the work.
 */
function isAnswer(failure: FailureClass, error: unknown): boolean {
  return failure === 'never' && codeOf(error) !== '57014'
}

function delayBeforeRetry(attempt: number, error: unknown, options: RetryOptions): number | null {
  const failure = classifyFailure(error)
  const attemptsMax = failure === 'pressure' || failure === 'role-changed' ? 2 : retryLimits.attemptsMax
  if (failure === 'never' || attempt >= attemptsMax || error instanceof ServerAway) return null
  if (failure === 'ambiguous' && !options.resolvesAmbiguity) return null
  // Equal jitter under pressure: full jitter may retry at once, which makes a server that is out of memory worse.
  const delayMs =
    failure === 'pressure'
      ? equalJitterMs(1, { firstMs: retryLimits.delayMsMax, longestMs: retryLimits.delayMsMax })
      : fullJitterMs(attempt, { firstMs: retryLimits.baseDelayMs, longestMs: retryLimits.delayMsMax })
  if (options.deadlineAtMs !== undefined && Date.now() + delayMs >= options.deadlineAtMs) return null
  return delayMs
}
