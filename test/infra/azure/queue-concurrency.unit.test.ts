import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { coalescerLimits } from '../../../shared/event-store/append/coalescer.ts'
import { BATCH_REQUESTS_MAX } from '../../../shared/event-store/append/coalescing-queue.ts'
import { instanceLimits, poolLimits } from '../../../shared/postgres/index.ts'
import { jsonOfFile } from './support.ts'

const { functionTimeout, extensions } = z
  .object({
    functionTimeout: z.string(),
    extensions: z.object({
      serviceBus: z.object({
        prefetchCount: z.int(),
        maxAutoLockRenewalDuration: z.string(),
        maxConcurrentCalls: z.int(),
        maxConcurrentSessions: z.int(),
        maxMessageBatchSize: z.int(),
      }),
    }),
  })
  .parse(jsonOfFile('host.json'))
const { serviceBus } = extensions

const sizes = z
  .record(z.string(), z.object({ functions: z.object({ instanceMemoryMb: z.int() }) }))
  .parse(jsonOfFile('infra/sizes.json'))

/** The most that a message of the tier Standard has. */
const MESSAGE_KB_MAX = 256

describe('the messages that an instance works on at a time', () => {
  it('are those of the one constant', () => {
    expect(serviceBus).toMatchObject({
      maxConcurrentCalls: instanceLimits.queueCalls,
      maxConcurrentSessions: instanceLimits.queueSessions,
      maxMessageBatchSize: instanceLimits.queueBatchMessages,
    })
  })

  it('are what the pool of the worker can have under way: two statements of appends, one for each connection', () => {
    expect(coalescerLimits.slots).toBe(poolLimits.backgroundConnectionsMax)
    expect(instanceLimits.queueSessions).toBe(BATCH_REQUESTS_MAX)
  })

  it('take an eighth of the memory of an instance at the most', () => {
    const batchMb = (instanceLimits.queueBatchMessages * MESSAGE_KB_MAX) / 1_024
    for (const { functions } of Object.values(sizes))
      expect(batchMb).toBeLessThan(functions.instanceMemoryMb / 8)
  })

  it('are fetched when they can be worked on: a lock that waits is time lost', () => {
    expect(serviceBus.prefetchCount).toBe(0)
    expect(serviceBus.maxAutoLockRenewalDuration).toBe(functionTimeout)
  })
})
