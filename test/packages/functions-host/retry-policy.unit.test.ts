import { describe, expect, test } from 'vitest'
import type { CoreRetryContext } from '../../../packages/functions-host/core-api.ts'
import { createRetryPolicy, runWithRetries } from '../../../packages/functions-host/retry-policy.ts'
import type { RetryPolicy } from '../../../packages/functions-host/retry-policy.ts'

const fixed: RetryPolicy = createRetryPolicy({
  retryStrategy: 'fixedDelay',
  maxRetryCount: 2,
  delayInterval: { seconds: 3 },
})

async function runFailing(
  policy: RetryPolicy | undefined,
  failures: number,
): Promise<{ contexts: unknown[]; waits: number[]; failed: boolean }> {
  const contexts: (CoreRetryContext | undefined)[] = []
  const waits: number[] = []
  const attempt = (context: CoreRetryContext | undefined): Promise<void> => {
    contexts.push(context)
    return contexts.length > failures
      ? Promise.resolve()
      : Promise.reject(new Error(`failure ${contexts.length}`))
  }
  const wait = (delayMs: number): Promise<void> => {
    waits.push(delayMs)
    return Promise.resolve()
  }
  const failed = await runWithRetries(policy, attempt, { wait }).then(
    () => false,
    () => true,
  )
  return { contexts, waits, failed }
}

describe('runs', () => {
  test('without a policy there is one attempt without a retry context', async () => {
    expect(await runFailing(undefined, 1)).toEqual({ contexts: [undefined], waits: [], failed: true })
  })

  test('up to maxRetryCount retries, each with the failure before it', async () => {
    const { contexts, waits, failed } = await runFailing(fixed, 9)
    expect(failed).toBe(true)
    expect(waits).toEqual([3_000, 3_000])
    expect(contexts).toMatchObject([
      undefined,
      { retryCount: 1, maxRetryCount: 2, exception: { message: 'failure 1' } },
      { retryCount: 2, maxRetryCount: 2, exception: { message: 'failure 2' } },
    ])
  })

  test('ends with the first success', async () => {
    expect(await runFailing(fixed, 1)).toMatchObject({ waits: [3_000], failed: false })
  })

  test('-1 retries without end', async () => {
    const endless = createRetryPolicy({
      retryStrategy: 'fixedDelay',
      maxRetryCount: -1,
      delayInterval: { seconds: 1 },
    })
    expect(await runFailing(endless, 50)).toMatchObject({ failed: false })
  })
})

describe('waits', () => {
  test('exponential backoff: the least wait plus its doubling share, up to the most', () => {
    const options = {
      retryStrategy: 'exponentialBackoff',
      maxRetryCount: 9,
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 15 },
    } as const
    const least = createRetryPolicy(options, () => 0)
    const middle = createRetryPolicy(options, () => 0.5)
    expect([1, 2, 3, 4].map((number) => least.delayMs(number))).toEqual([3_600, 5_200, 8_400, 14_800])
    expect([1, 2, 3, 4].map((number) => middle.delayMs(number))).toEqual([4_000, 6_000, 10_000, 15_000])
  })

  test.each([
    { retryStrategy: 'fixedDelay', maxRetryCount: 1 },
    { retryStrategy: 'exponentialBackoff', maxRetryCount: 1, minimumInterval: { seconds: 1 } },
    { retryStrategy: 'fixedDelay', delayInterval: { seconds: 1 } },
    { maxRetryCount: 1 },
  ] as const)('incomplete options are refused: %o', (options) => {
    expect(() => createRetryPolicy(options)).toThrow('retry')
  })
})
