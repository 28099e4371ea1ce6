import { TrickleError } from '../../errors/index.ts'
import type { Statement } from '../../postgres/index.ts'
import { isBefore, isSame } from '../feed-position.ts'
import type { FeedPosition } from '../feed-position.ts'
import { Lease } from '../lease/lease.ts'
import type { FeedEvent } from './feed-event.ts'
import type { MemberRun } from './member-run.ts'
import type { PlannedLane } from './plan-lanes.ts'
import { countAttempt, settle } from './statements.ts'
import type { Lane, SetAside, Settled } from './statements.ts'
import { workLimits } from './work-limits.ts'

/**
 * Tracks up to which point a page is handled, and up to which point this is recorded. A settlement records everything
 * up to a point in one transaction: the checkpoint, the events set aside before it, and the lanes that begin before it.
 */
export class PageProgress {
  readonly #run: MemberRun
  readonly #lane: Lane | null
  readonly #planned: ReadonlyMap<string, PlannedLane>
  #settled: FeedPosition
  #done: FeedPosition
  #setAside: SetAside[] = []
  #hasSetAside = false
  readonly #blocked = new Set<string>()
  #settledAtMs = performance.now()

  constructor(run: MemberRun, lane: Lane | null, planned: ReadonlyMap<string, PlannedLane>) {
    this.#run = run
    this.#lane = lane
    this.#planned = planned
    this.#settled = lane ?? run.lease.checkpoint
    this.#done = this.#settled
  }

  /** True for an event that is left to a lane which begins in this page. */
  isLeftToLane(event: FeedEvent): boolean {
    const planned = this.#planned.get(event.tenantId)
    return planned !== undefined && !isBefore(event, planned.first)
  }

  isBlocked(event: FeedEvent): boolean {
    return this.#blocked.has(streamOf(event))
  }

  /** Everything up to here is handled, set aside, or left to a lane or another member. */
  passed(at: FeedPosition): void {
    this.#done = { xid: at.xid, position: at.position }
  }

  setAside(entry: SetAside): void {
    this.noteSetAside(entry)
    this.#setAside.push(entry)
    this.passed(entry.event)
  }

  /** For an event that is recorded as set aside already, in the transaction of its tenant's step. */
  noteSetAside(entry: SetAside): void {
    this.#hasSetAside = true
    if (entry.blocks) this.#blocked.add(streamOf(entry.event))
  }

  get isDue(): boolean {
    return this.#run.isCareful || performance.now() - this.#settledAtMs >= workLimits.settleEveryMs
  }

  /**
   * Counts an attempt at the next event. The events before it are recorded first: to record them later would clear the
   * count.
   * @throws TrickleError LEASE_LOST, and as `settle`.
   */
  async count(event: FeedEvent): Promise<number> {
    await this.settle()
    return this.#count(event, 1)
  }

  /** Takes an attempt back. @throws TrickleError LEASE_LOST. */
  async takeBack(event: FeedEvent): Promise<void> {
    await this.#count(event, -1)
  }

  async #count(event: FeedEvent, by: 1 | -1): Promise<number> {
    const { database, lease } = this.#run
    // After a lost answer the attempt may be counted twice. Then the event is parked one attempt too early, never too
    // late.
    const [row] = await database.query(countAttempt(lease, this.#laneId, event, by), {
      resolvesAmbiguity: true,
    })
    const attempts = row?.attempts ?? null
    if (attempts === null) throw lease.lost()
    return attempts
  }

  /** Records what is done. @throws TrickleError LEASE_LOST; SUBSCRIPTION_STOPPED when too much is set aside. */
  async settle(): Promise<void> {
    if (isSame(this.#settled, this.#done)) return
    const { database, lease } = this.#run
    const to = this.#done
    // Not sent again after a lost answer. The next settlement names the checkpoint that it expects, so it changes
    // nothing if this one was committed.
    const [settled] = await lease.prolonging(() => database.query(this.#settlement(to)))
    if (settled === undefined || settled.outcome === 'lost') throw lease.lost()
    this.#accept(settled, to)
  }

  #settlement(to: FeedPosition): Statement<Settled> {
    const lanes = [...this.#planned.values()].filter(({ first }) => !isBefore(to, first))
    const settlement = {
      lane: this.#laneId,
      from: this.#settled,
      to,
      setAside: this.#hasSetAside ? this.#setAside : null,
      lanes: lanes.map(({ lane }) => lane),
    }
    return settle(this.#run.lease, settlement, workLimits.parkedMax, Lease.durationMs)
  }

  #accept({ outcome }: Settled, to: FeedPosition): void {
    this.#settled = to
    this.#done = to
    this.#setAside = []
    this.#hasSetAside = false
    this.#settledAtMs = performance.now()
    if (this.#lane === null) this.#run.lease.advancedTo(to)
    else this.#run.lease.recovered()
    if (outcome !== 'full') return
    throw new TrickleError(
      'SUBSCRIPTION_STOPPED',
      `${workLimits.parkedMax} events of ${this.#run.subscription.name} are set aside. Mend what makes them fail, replay or skip them, then resume.`,
    )
  }

  get #laneId(): string | null {
    return this.#lane?.tenantId ?? null
  }
}

const streamOf = ({ tenantId, streamId }: FeedEvent): string => `${tenantId}/${streamId}`
