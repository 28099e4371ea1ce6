import type { Database } from '../../postgres/index.ts'
import type { EventSubscription, Subscription } from '../define.ts'
import type { ProjectionDefinition } from '../projection/define-projection.ts'
import type { FeedEvent } from './feed-event.ts'
import { selectLanes, takePage } from './statements.ts'
import type { Lane, PageRow } from './statements.ts'
import { Lease } from '../lease/lease.ts'
import type { FeedPosition } from '../feed-position.ts'
import { eventPage, projectionPage, workLimits } from './work-limits.ts'
import type { PageLimits } from './work-limits.ts'

/** A failure with an event and what was done about it; for logs. */
export interface SubscriptionProblem {
  readonly subscription: string
  readonly member: number
  readonly event: {
    readonly tenantId: string
    readonly streamId: string
    readonly version: number
    readonly id: string
    readonly type: string
    /** Trace of the request that appended the event; null when it brought none. */
    readonly traceId: string | null
  }
  readonly attempt: number
  readonly error: unknown
  /** split: a projection could not handle a tenant's events together. `event` is the first of them, not the cause. */
  readonly action: 'retry' | 'later' | 'parked' | 'stopped' | 'split'
}

/** Version and trace id of https://www.w3.org/TR/trace-context-1/#traceparent-header. */
const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-/

export interface Page {
  readonly events: readonly PageRow[]
  /** The point that the page reaches, also past events that others handle. */
  readonly end: FeedPosition
  readonly isFull: boolean
  readonly lanes: number
}

/** The state that is shared by all code that works on a member in one run. */
export class MemberRun {
  readonly database: Database
  readonly subscription: Subscription
  readonly lease: Lease
  /** By the monotonic clock. No event is begun after this time. */
  readonly endMs: number
  /**
   * Attempts are counted before they are made, and each event is recorded as soon as it is handled. The last run failed
   * or crashed, so the next event may be the cause.
   */
  readonly isCareful: boolean
  readonly report: (problem: SubscriptionProblem) => void
  /** The member has come to the point where the group's size changes. */
  isAtBarrier = false
  /** Events handled in this run. */
  handled = 0

  constructor(
    database: Database,
    subscription: Subscription,
    lease: Lease,
    endMs: number,
    report: (problem: SubscriptionProblem) => void,
  ) {
    this.database = database
    this.subscription = subscription
    this.lease = lease
    this.endMs = endMs
    this.isCareful = lease.crashes > 0 || lease.failures > 0
    this.report = report
  }

  get isProjection(): boolean {
    return 'project' in this.subscription.code
  }

  /** The code of a projection. */
  get projection(): Pick<ProjectionDefinition, 'project'> {
    const { code } = this.subscription
    if (!('project' in code)) throw new RangeError('this is no projection')
    return code
  }

  /** The code of a subscription that is no projection. */
  get handler(): Pick<EventSubscription, 'handle'> {
    const { code } = this.subscription
    if (!('handle' in code)) throw new RangeError('this is a projection')
    return code
  }

  /** A careful run handles one event at a time, so its pages are small. */
  get pageLimits(): PageLimits {
    return this.isProjection && !this.isCareful ? projectionPage : eventPage
  }

  get isTimeOver(): boolean {
    return performance.now() >= this.endMs
  }

  /** @throws TrickleError LEASE_LOST, also when the subscription was paused. */
  async takePage(lane: string | null, after: FeedPosition): Promise<Page> {
    const { types, streamTypes } = this.subscription
    const rows = await this.lease.prolonging(async () => {
      const page = takePage(this.lease, {
        lane,
        after,
        types,
        streamTypes,
        limit: this.pageLimits.events,
        scanLimit: this.pageLimits.scanned,
        bytesMax: this.pageLimits.bytes,
        leaseMs: Lease.durationMs,
      })
      // Taking the page again after a lost answer does no harm: it only prolongs the lease again.
      const taken = await this.database.query(page, { isRead: true })
      if (taken.length === 0) throw this.lease.lost()
      return taken
    })
    const end = rows.pop()
    if (end === undefined) throw this.lease.lost()
    this.isAtBarrier = end.type === 'barrier'
    return {
      events: rows,
      end: { xid: end.xid, position: end.position },
      isFull: end.type === 'full',
      lanes: end.lanes,
    }
  }

  async lanes(): Promise<Lane[]> {
    return this.database.query(selectLanes(this.lease, workLimits.lanesPerStep), { isRead: true })
  }

  problem(event: FeedEvent, attempt: number, error: unknown, action: SubscriptionProblem['action']): void {
    const { tenantId, streamId, version, eventId, type, traceParent } = event
    this.report({
      subscription: this.subscription.name,
      member: this.lease.member,
      event: {
        tenantId,
        streamId,
        version: Number(version),
        id: eventId,
        type,
        traceId: TRACE_PARENT.exec(traceParent ?? '')?.[1] ?? null,
      },
      attempt,
      error,
      action,
    })
  }
}
