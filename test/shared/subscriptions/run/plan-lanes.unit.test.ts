import { describe, expect, it } from 'vitest'
import type { FeedEvent } from '../../../../shared/subscriptions/index.ts'
import { planLanes } from '../../../../shared/subscriptions/run/plan-lanes.ts'

/** One event for each letter, which is its tenant. */
const page = (tenants: string): FeedEvent[] =>
  tenants
    .split('')
    .map((tenantId, index) => ({ tenantId, xid: 7n, position: BigInt(index + 1) }) as unknown as FeedEvent)

describe('lanes', () => {
  it('begin after the last event of a tenant that is within its share', () => {
    const planned = planLanes(page('abaaba'), 2, 9)
    expect([...planned.keys()]).toEqual(['a'])
    expect(planned.get('a')).toMatchObject({
      lane: { tenantId: 'a', xid: 7n, position: 3n },
      first: { position: 4n },
    })
  })

  it('are not made for a tenant that has just its share', () => {
    expect(planLanes(page('abab'), 2, 9).size).toBe(0)
  })

  it('are not made beyond their number: the others stay in the feed', () => {
    expect([...planLanes(page('aabbab'), 1, 1).keys()]).toEqual(['a'])
    expect(planLanes(page('aaaa'), 1, 0).size).toBe(0)
  })
})
