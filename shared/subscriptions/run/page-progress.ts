import { TrickleError } from '../../errors/index.ts'
import type { Statement } from '../../postgres/index.ts'
import { settle, type Lane, type SetAside, type Settled } from './statements.ts'
import type { FeedEvent } from './feed-event.ts'
import type { MemberRun } from './member-run.ts'
import { Lease } from '../lease/lease.ts'
import { isBefore, isSame, type PlannedLane } from './plan-lanes.ts'
import type { FeedPosition } from '../lease/statements.ts'
import { workLimits } from './work-limits.ts'

/**
 * The way through one page: how far it is done, and how far that is recorded. A settlement records everything up to a
 * point in one transaction: the checkpoint, what was set aside before it, and the lanes that begin before it.
 */
export class PageProgress {
  readonly #run: MemberRun
  readonly #lane: Lane | null
  readonly #planned: ReadonlyMap<string, PlannedLane>
  #settled: FeedPosition
  #done: FeedPosition
  #setAside: SetAside[] = []
  readonly #blocked = new Set<string>()
  #settledAtMs = performance.now()

  constructor(run: MemberRun, lane: Lane | null, planned: ReadonlyMap<string, PlannedLane>) {
    this.#run = run
    this.#lane = lane
    this.#planned = planned
    this.#settled = lane ?? run.lease.checkpoint
    this.#done = this.#settled
  }

  get lane(): string | null {
    return this.#lane?.tenantId ?? null
  }

  /** Left to the lane that begins in this page. */
  isLeftToLane(event: FeedEvent): boolean {
    const planned = this.#planned.get(event.tenantId)
    return planned !== undefined && !isBefore(event, planned.first)
  }

  isBlocked(event: FeedEvent): boolean {
    return this.#blocked.has(streamOf(event))
  }

  /** Everything up to here is handled, set aside, or another's. */
  passed(at: FeedPosition): void {
    this.#done = { xid: at.xid, position: at.position }
  }

  setAside(entry: SetAside): void {
    this.#setAside.push(entry)
    if (entry.blocks) this.#blocked.add(streamOf(entry.event))
    this.passed(entry.event)
  }

  get isDue(): boolean {
    return this.#run.isCareful || performance.now() - this.#settledAtMs >= workLimits.settleEveryMs
  }

  /** @throws TrickleError LEASE_LOST; SUBSCRIPTION_STOPPED when too much is set aside. */
  async settle(): Promise<void> {
    if (isSame(this.#settled, this.#done)) return
    const askedAtMs = performance.now()
    const [settled] = await this.#run.query(this.statement(this.#done))
    this.accept(settled, this.#done)
    this.#run.lease.prolonged(askedAtMs)
  }

  /** What records everything up to `to`; for a transaction of the subscription's own, which calls `accept` behind it. */
  statement(to: FeedPosition): Statement<Settled> {
    const lanes = [...this.#planned.values()].filter(({ first }) => !isBefore(to, first))
    const settlement = {
      lane: this.lane,
      from: this.#settled,
      to,
      setAside: this.#setAside,
      lanes: lanes.map(({ lane }) => lane),
    }
    return settle(this.#run.lease, settlement, workLimits.parkedMax, Lease.durationMs)
  }

  /** Refuses what was not recorded. @throws as `settle`. */
  check(settled: Settled | undefined): void {
    if (settled === undefined || settled.outcome === 'lost') throw this.#run.lease.lost()
  }

  accept(settled: Settled | undefined, to: FeedPosition): void {
    this.check(settled)
    this.#settled = to
    this.#done = to
    this.#setAside = []
    this.#settledAtMs = performance.now()
    if (this.#lane === null) this.#run.lease.advancedTo(to)
    else this.#run.lease.recovered()
    if (settled?.outcome !== 'full') return
    throw new TrickleError(
      'SUBSCRIPTION_STOPPED',
      `${workLimits.parkedMax} events of ${this.#run.subscription.name} are set aside. Mend what makes them fail, replay or skip them, then resume.`,
    )
  }
}

const streamOf = ({ tenantId, streamId }: FeedEvent): string => `${tenantId}/${streamId}`
