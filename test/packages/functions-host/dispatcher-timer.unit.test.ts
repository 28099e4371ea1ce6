import { beforeEach, describe, expect, test } from 'vitest'
import { createActivity } from '../../../packages/functions-host/activity.ts'
import type { Activity } from '../../../packages/functions-host/activity.ts'
import type { CoreRetryOptions } from '../../../packages/functions-host/core-api.ts'
import { createTimerDispatcher } from '../../../packages/functions-host/dispatcher-timer.ts'
import type { TriggerDispatcher } from '../../../packages/functions-host/dispatcher.ts'
import type { HostedFunction } from '../../../packages/functions-host/function-catalog.ts'
import type { Attempt } from '../../../packages/functions-host/function-executor.ts'
import { createHostLog } from '../../../packages/functions-host/log.ts'

let attempts: Attempt[]
let stopping: AbortController
let activity: Activity

beforeEach(() => {
  attempts = []
  stopping = new AbortController()
  activity = createActivity(undefined, () => undefined)
})

/** A dispatcher whose functions always fail; schedules below a minute keep nothing on disk. */
function failingDispatcher(): TriggerDispatcher {
  return createTimerDispatcher({
    executor: {
      newInvocationId: () => `id-${attempts.length}`,
      run(_fn, attempt) {
        attempts.push(attempt)
        return Promise.reject(new Error('boom'))
      },
    },
    activity,
    log: createHostLog(new Map(), { write: () => true }),
    environment: {},
    stateFolder: '/nowhere',
    stopping: stopping.signal,
  })
}

function timerFunction(trigger: object, retryOptions?: CoreRetryOptions): HostedFunction {
  const metadata = { name: 'tick', bindings: {}, ...(retryOptions === undefined ? {} : { retryOptions }) }
  return {
    name: 'tick',
    registered: { metadata, callback: () => undefined },
    triggerName: 'timer',
    trigger: { type: 'timerTrigger', ...trigger },
    triggerType: 'timertrigger',
    disabled: false,
  }
}

const hourly: CoreRetryOptions = {
  retryStrategy: 'fixedDelay',
  maxRetryCount: -1,
  delayInterval: { seconds: 3_600 },
}

describe('retries', () => {
  test('a shutdown ends the wait for the next attempt, so that stop can end', async () => {
    const dispatcher = failingDispatcher()
    dispatcher.add(timerFunction({ schedule: '*/30 * * * * *', runOnStartup: true }, hourly))
    await dispatcher.start()
    await expect.poll(() => activity.outstandingRetries).toBe(1)
    stopping.abort()
    await dispatcher.stop()
    expect(activity.outstandingRetries).toBe(0)
    expect(attempts).toHaveLength(1)
  })

  test('a run on demand has none, and tells its failure', async () => {
    const dispatcher = failingDispatcher()
    const fn = timerFunction({ schedule: '*/30 * * * * *' }, hourly)
    dispatcher.add(fn)
    await expect(dispatcher.runNow(fn, '')).rejects.toThrow('boom')
    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.data.json).toBe(
      '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}',
    )
  })
})

test.each<[why: string, trigger: object, retry: CoreRetryOptions | undefined, message: string]>([
  ['no schedule', {}, undefined, 'has no schedule'],
  ['a wrong schedule', { schedule: 'x' }, undefined, 'not recognized'],
  ['an incomplete retry policy', { schedule: '* * * * *' }, { retryStrategy: 'fixedDelay' }, 'maxRetryCount'],
])('%s puts the function in error', (_why, trigger, retry, message) => {
  expect(() => failingDispatcher().add(timerFunction(trigger, retry))).toThrow(message)
})
