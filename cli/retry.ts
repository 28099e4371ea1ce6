import { setTimeout as delay } from 'node:timers/promises'
import { errorCatalogue } from '../shared/errors/index.ts'
import { fullJitterMs } from '../shared/retry/index.ts'
import type { BackOff } from '../shared/retry/index.ts'
import { CommandFailure } from './frame/index.ts'

export interface RetryPolicy {
  /** How long the server may be unreachable or temporarily unable to serve before the command gives up. */
  readonly forMs: number
  /** Tells people why there is no progress. */
  readonly note: (line: string) => void
  readonly signal: AbortSignal
  /** Random numbers from 0 to 1. Tests set their own function. */
  readonly random?: () => number
}

/**
 * First: short, since a killed Functions host is back after about a second. Longest: long enough not to overload a
 * server that is starting, short enough that the import goes on almost at once.
 */
export const backOff: BackOff = { firstMs: 250, longestMs: 5_000 }

/** Answers of gateways and hosts before the app, when the app is starting or too busy. */
const PASSING_STATUS = ['HTTP_408', 'HTTP_429', 'HTTP_502', 'HTTP_503', 'HTTP_504']

/** The code when the connection broke in the middle of an answer. */
export const CONNECTION_LOST = 'CONNECTION_LOST'

export function isPassing(code: string): boolean {
  if (code === 'UNREACHABLE' || code === CONNECTION_LOST || PASSING_STATUS.includes(code)) return true
  return Object.hasOwn(errorCatalogue, code) && errorCatalogue[code as keyof typeof errorCatalogue].retryable
}

/** Counts failures in a row, and decides whether to try again. */
export class Patience {
  readonly #policy: RetryPolicy
  #failures = 0
  #sinceMs = 0

  constructor(policy: RetryPolicy) {
    this.#policy = policy
  }

  /** To be called after a success: the next failure counts as the first in a row. */
  progress(): void {
    this.#failures = 0
  }

  /**
   * Waits before the next attempt.
   * @throws the failure itself when waiting can't help, or when the time for retries is over
   */
  async wait(failure: unknown): Promise<void> {
    this.#policy.signal.throwIfAborted()
    if (!(failure instanceof CommandFailure) || !isPassing(failure.code)) throw failure
    const nowMs = performance.now()
    if (this.#failures === 0) this.#sinceMs = nowMs
    this.#failures += 1
    const pauseMs = Math.ceil(fullJitterMs(this.#failures, backOff, this.#policy.random))
    if (nowMs + pauseMs > this.#sinceMs + this.#policy.forMs) throw failure
    if (this.#failures === 1) {
      const seconds = Math.round(this.#policy.forMs / 1000)
      this.#policy.note(`${failure.message}\nTrying again, for ${seconds} s at most.`)
    }
    await delay(pauseMs, undefined, { signal: this.#policy.signal })
  }
}

/** Repeats `work` until it succeeds or fails permanently. `work` must be safe to repeat. */
export async function withRetries<T>(policy: RetryPolicy, work: () => Promise<T>): Promise<T> {
  const patience = new Patience(policy)
  for (;;) {
    try {
      return await work()
    } catch (error) {
      await patience.wait(error)
    }
  }
}
