import { expect, it } from 'vitest'
import { partsAfter, partsOf } from '../../../../shared/subscriptions/projection/tenant-parts.ts'
import type { PageRow } from '../../../../shared/subscriptions/run/statements.ts'

/** What the parts look at. */
const row = (tenantId: string, xid: bigint, position: bigint): PageRow =>
  ({ tenantId, xid, position }) as PageRow

const page = [row('a', 1n, 1n), row('b', 1n, 2n), row('a', 2n, 3n), row('b', 2n, 4n), row('c', 3n, 5n)]
const placesOf = (parts: ReturnType<typeof partsOf>): [string, bigint[]][] =>
  parts.map(({ tenantId, events }) => [tenantId, events.map(({ position }) => position)])

it('a page falls into the parts of its tenants, each in the order of the feed', () => {
  expect(placesOf(partsOf(page))).toEqual([
    ['a', [1n, 3n]],
    ['b', [2n, 4n]],
    ['c', [5n]],
  ])
})

it('what a tenant has come to is left out, and a tenant that has come to the end altogether', () => {
  const progress = [
    { tenantId: 'a', xid: 1n, position: 1n },
    { tenantId: 'b', xid: 9n, position: 0n },
  ]
  expect(placesOf(partsAfter(partsOf(page), progress))).toEqual([
    ['a', [3n]],
    ['c', [5n]],
  ])
})
