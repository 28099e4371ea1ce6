import { describe, expect, it } from 'vitest'
import { productQueues } from '../../../functions/product.ts'
import { holdLimits } from '../../../shared/messages/index.ts'
import { jsonOfFile } from './support.ts'

const DAY_MS = 86_400_000
/** Each function that holds its messages while the database is away gives them back so often. */
const DELIVERIES_PER_DAY = Math.ceil(DAY_MS / holdLimits.holdMs)

describe.each(Object.entries(productQueues()).filter(([, { receiver }]) => receiver.includes('worker')))(
  'the queue %s',
  (_, { lockDuration, maxDeliveryCount }) => {
    it('outlasts an outage of the database of four days', () => {
      expect(maxDeliveryCount).toBeGreaterThan(4 * DELIVERIES_PER_DAY)
    })

    it('locks messages for as long as a function may hold and handle them', () => {
      expect(lockDuration).toBe('PT5M')
      expect(jsonOfFile('host.json')).toMatchObject({ functionTimeout: '00:05:00' })
    })
  },
)
