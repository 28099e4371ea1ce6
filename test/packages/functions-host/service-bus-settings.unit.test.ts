import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { readServiceBusSettings } from '../../../packages/functions-host/service-bus/settings.ts'

const read = (section?: unknown, overlay: Record<string, string> = {}) =>
  readServiceBusSettings(section, new Map(Object.entries(overlay)), 'host.json')

describe('extensions.serviceBus of host.json', () => {
  test("defaults are the extension's", () => {
    expect(read()).toEqual({
      prefetchCount: 0,
      autoCompleteMessages: true,
      maxAutoLockRenewalDurationMs: 300_000,
      maxConcurrentCalls: 16 * availableParallelism(),
      maxConcurrentSessions: 8,
      maxConcurrentCallsPerSession: 1,
      maxMessageBatchSize: 1_000,
      minMessageBatchSize: 1,
      maxBatchWaitTimeMs: 30_000,
      sessionIdleTimeoutMs: 60_000,
      tryTimeoutMs: 60_000,
    })
  })

  test('what is written holds, in any case, and as text too', () => {
    expect(
      read({
        PrefetchCount: '5',
        autocompletemessages: 'False',
        maxAutoLockRenewalDuration: '00:00:00',
        sessionIdleTimeout: '00:00:00.2500000',
        clientRetryOptions: { mode: 'exponential', tryTimeout: '00:00:10', maxRetries: 1 },
        transportType: 'amqpTcp',
      }),
    ).toMatchObject({
      prefetchCount: 5,
      autoCompleteMessages: false,
      maxAutoLockRenewalDurationMs: 0,
      sessionIdleTimeoutMs: 250,
      tryTimeoutMs: 10_000,
    })
  })

  test('an idle session is left after tryTimeout where nothing else is said', () => {
    expect(read({ clientRetryOptions: { tryTimeout: '00:00:07' } }).sessionIdleTimeoutMs).toBe(7_000)
  })

  test('settings of the environment win', () => {
    const overlay = { extensions__servicebus__maxmessagebatchsize: '10', functiontimeout: '00:01:00' }
    expect(read({ maxMessageBatchSize: 5 }, overlay).maxMessageBatchSize).toBe(10)
  })

  test.each([
    [{ prefetchCount: -1 }, /extensions\.serviceBus\.prefetchCount is -1; it must be a whole number from 0/u],
    [{ prefetchCount: 1.5 }, /prefetchCount is 1\.5/u],
    [{ maxConcurrentCalls: 0 }, /maxConcurrentCalls is 0; it must be a whole number from 1/u],
    [{ maxConcurrentSessions: 'many' }, /maxConcurrentSessions is "many"/u],
    [{ maxMessageBatchSize: 5, minMessageBatchSize: 6 }, /minMessageBatchSize is 6; .*from 1 to 5/u],
    [{ autoCompleteMessages: 'yes' }, /autoCompleteMessages is "yes"; it must be true or false/u],
    [{ maxBatchWaitTime: '00:02:31' }, /maxBatchWaitTime is "00:02:31"; .*150 s at most/u],
    [{ maxAutoLockRenewalDuration: 300 }, /maxAutoLockRenewalDuration is 300; it must be a time span/u],
    [{ sessionIdleTimeout: '00:00:00' }, /sessionIdleTimeout is "00:00:00"/u],
    [{ clientRetryOptions: { tryTimeout: 'soon' } }, /serviceBus\.clientRetryOptions\.tryTimeout is "soon"/u],
    [
      { messageHandlerOptions: { maxConcurrentCalls: 1 } },
      /no setting "messagehandleroptions\.maxconcurrentcalls"/u,
    ],
    [{ maxConcurentCalls: 1 }, /no setting "maxconcurentcalls"/u],
    ['none', /serviceBus is "none"; it must be an object/u],
  ])('%o is refused', (section, message) => {
    expect(() => read(section)).toThrow(message)
  })
})
