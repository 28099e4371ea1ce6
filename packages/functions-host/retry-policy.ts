/**
 * Retry policies of functions (`retry` in the app's options). The waits are whole seconds, since the library rounds
 * them; the count lives in memory only.
 * Source: azure-webjobs-sdk, FunctionExecutorExtensions.cs, FixedDelayRetryAttribute.cs,
 * ExponentialBackoffRetryAttribute.cs.
 */
import type { CoreRetryContext, CoreRetryOptions } from './core-api.ts'
import { messageOf, stackOf } from './start-failure.ts'

export interface RetryPolicy {
  /** -1: no limit. */
  readonly maxRetryCount: number
  /** How long to wait before the retry with this number (from 1). */
  delayMs(retryNumber: number): number
}

/** The growing part of a wait is up to a fifth shorter or longer: instances that failed together must retry apart. */
const LEAST_VARIATION = 0.8
const VARIATION_WIDTH = 0.4

/**
 * Makes the retry policy that a function declares.
 * @param random gives a number from 0 to below 1, by which a wait is made longer or shorter
 * @throws Error when an option that the strategy needs is missing
 */
export function createRetryPolicy(
  options: CoreRetryOptions,
  random: () => number = Math.random,
): RetryPolicy {
  const { maxRetryCount, retryStrategy } = options
  if (maxRetryCount === undefined || maxRetryCount < -1)
    throw new Error('The retry policy needs maxRetryCount (-1 or more).')
  if (retryStrategy === 'fixedDelay') {
    const waitMs = milliseconds(options.delayInterval?.seconds, 'delayInterval')
    return { maxRetryCount, delayMs: () => waitMs }
  }
  if (retryStrategy !== 'exponentialBackoff')
    throw new Error(`The retry strategy '${String(retryStrategy)}' is unknown.`)
  const leastMs = milliseconds(options.minimumInterval?.seconds, 'minimumInterval')
  const mostMs = milliseconds(options.maximumInterval?.seconds, 'maximumInterval')
  return {
    maxRetryCount,
    delayMs(retryNumber) {
      const growth = (LEAST_VARIATION + random() * VARIATION_WIDTH) * 2 ** (retryNumber - 1) * leastMs
      return Math.min(leastMs + growth, mostMs)
    },
  }
}

function milliseconds(seconds: number | undefined, property: string): number {
  if (seconds === undefined) throw new Error(`The retry policy needs ${property}.`)
  return seconds * 1_000
}

export interface RetryWaiting {
  /** Waits. Rejects when the host stops; that ends the retries. */
  wait(delayMs: number, retryNumber: number): Promise<void>
}

/** Runs an attempt. While it fails, runs it again as the policy says. Rejects with the last failure. */
export async function runWithRetries(
  policy: RetryPolicy | undefined,
  attempt: (context: CoreRetryContext | undefined) => Promise<void>,
  waiting: RetryWaiting,
): Promise<void> {
  let context: CoreRetryContext | undefined
  for (let retryNumber = 1; ; retryNumber++) {
    try {
      await attempt(context)
      return
    } catch (error) {
      if (policy === undefined || (policy.maxRetryCount !== -1 && retryNumber > policy.maxRetryCount))
        throw error
      await waiting.wait(policy.delayMs(retryNumber), retryNumber)
      context = {
        retryCount: retryNumber,
        maxRetryCount: policy.maxRetryCount,
        exception: { message: messageOf(error), source: '', stackTrace: stackOf(error) },
      }
    }
  }
}
