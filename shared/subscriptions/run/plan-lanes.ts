import type { FeedEvent } from './feed-event.ts'
import type { Lane } from './statements.ts'
import type { FeedPosition } from '../feed-position.ts'

/**
 * Decides which tenants of a full page get their own lanes: those with more than `share` of its events. Their first
 * `share` events are handled with the page. All their later events belong to the lane, so the streams of a tenant stay
 * together and in order. Only a full page shows a backlog. Without a backlog no other tenant has to wait.
 */
export function planLanes(
  events: readonly FeedEvent[],
  share: number,
  lanesFree: number,
): ReadonlyMap<string, PlannedLane> {
  const seen = new Map<string, { count: number; last: FeedPosition }>()
  const planned = new Map<string, PlannedLane>()
  for (const event of events) {
    if (planned.has(event.tenantId)) continue
    const before = seen.get(event.tenantId)
    if (before === undefined || before.count < share) {
      seen.set(event.tenantId, { count: (before?.count ?? 0) + 1, last: event })
    } else if (planned.size < lanesFree) {
      const { xid, position } = before.last
      planned.set(event.tenantId, { lane: { tenantId: event.tenantId, xid, position }, first: event })
    }
  }
  return planned
}

export interface PlannedLane {
  /** Everything of the tenant up to here is handled with the page. */
  readonly lane: Lane
  /** The first event that is left to the lane. */
  readonly first: FeedPosition
}
