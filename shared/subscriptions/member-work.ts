import { TrickleError } from '../errors/index.ts'
import { isOurs, tryEvent, withTimeout, type Poison } from './attempt.ts'
import { Course } from './course.ts'
import type { FeedEvent } from './feed-event.ts'
import type { Lane } from './group-statements.ts'
import type { Holding, Page, PageEvent } from './holding.ts'
import { inOneTransaction } from './one-transaction.ts'
import { isSame, planLanes, type PlannedLane } from './plan-lanes.ts'
import { isPassing, putOff } from './put-off.ts'
import { Replays } from './replays.ts'
import { SubscriptionEvent } from './subscription-event.ts'
import { workLimits } from './work-limits.ts'

/** Works on a member whose lease is held: what is to be replayed, a page of the main feed, a page of some lanes. */
export class MemberWork {
  readonly #holding: Holding
  readonly #replays: Replays
  #hasLanes = false
  #begun: ReadonlyMap<string, PlannedLane> = new Map()

  constructor(holding: Holding) {
    this.#holding = holding
    this.#replays = new Replays(holding)
  }

  /**
   * Returns whether anything moved; a step without it has come to the end of the feed.
   * @throws PutOff, LEASE_LOST, SUBSCRIPTION_STOPPED, and what the database throws.
   */
  async step(): Promise<boolean> {
    let hasMoved = await this.#replays.step()
    hasMoved = (await this.#page(null)) || hasMoved
    const lanes = this.#hasLanes ? await this.#holding.lanes() : []
    for (const lane of lanes) {
      // One that has just begun waits a step: or it would catch up at once, and the others would have gained nothing.
      if (this.#begun.has(lane.tenantId)) continue
      if (this.#holding.isTimeOver) break
      hasMoved = (await this.#page(lane)) || hasMoved
    }
    return hasMoved
  }

  async #page(lane: Lane | null): Promise<boolean> {
    const from = lane ?? this.#holding.lease.checkpoint
    const page = await this.#holding.takePage(lane?.tenantId ?? null, from)
    const planned =
      lane === null && page.isFull
        ? planLanes(page.events, workLimits.tenantShare, workLimits.lanesMax - page.lanes)
        : new Map<string, PlannedLane>()
    if (lane === null) {
      this.#hasLanes = page.lanes > 0
      this.#begun = planned
    }
    if (page.events.length === 0 && isSame(page.end, from)) return false
    const course = new Course(this.#holding, lane, planned)
    const mine = page.events.filter((event) => !course.isLeftToLane(event))
    try {
      if (!(await this.#together(course, page, mine))) await this.#oneByOne(course, page, mine)
      return true
    } catch (error) {
      // A pause refuses the lease too, and then nobody else is there: what was done is recorded, if the fence still holds.
      if (isOurs(error)) await course.settle().catch(() => {})
      throw error
    }
  }

  async #oneByOne(course: Course, page: Page, mine: readonly PageEvent[]): Promise<void> {
    for (const event of mine) {
      if (event.isBlocked || course.isBlocked(event)) {
        course.setAside({ event, state: 'waiting', blocks: true, attempts: 0, error: '' })
        continue
      }
      if (this.#holding.isTimeOver) {
        await course.settle()
        return
      }
      const poison = await this.#try(course, event)
      if (poison === null) {
        this.#holding.handled += 1
        course.passed(event)
      } else {
        await this.#poisoned(course, event, poison)
      }
      if (course.isDue) await course.settle()
    }
    course.passed(page.end)
    await course.settle()
  }

  #try(course: Course, event: FeedEvent): Promise<Poison | null> {
    const { code } = this.#holding.subscription
    const seen = new SubscriptionEvent(event)
    return tryEvent(this.#holding, {
      event,
      count: (by) => this.#holding.countAttempt(course.lane, event, by),
      settleBefore: () => course.settle(),
      attempt: async (attempt, signal) => {
        if ('handle' in code) await code.handle(seen, { signal, attempt })
        else await this.#inTransaction(course, [event], event, attempt, signal)
      },
    })
  }

  /**
   * A batch of events with effects in the same database: all of the page in one transaction. False when it has to be done
   * one by one: because that is what the subscription asks for, or to find the event that makes it fail.
   */
  async #together(course: Course, page: Page, mine: readonly PageEvent[]): Promise<boolean> {
    if (!('handleBatch' in this.#holding.subscription.code) || this.#holding.isCareful) return false
    if (mine.length === 0 || mine.some((event) => event.isBlocked)) return false
    try {
      await withTimeout(this.#holding, (signal) => this.#inTransaction(course, mine, page.end, 1, signal))
      this.#holding.handled += mine.length
      return true
    } catch (error) {
      if (this.#holding.lease.signal.aborted) throw this.#holding.lease.lost()
      if (isOurs(error)) throw error
      if (isPassing(error)) throw putOff(error)
      return false
    }
  }

  async #inTransaction(
    course: Course,
    events: readonly FeedEvent[],
    to: FeedEvent | Page['end'],
    attempt: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { code } = this.#holding.subscription
    if (!('handleBatch' in code)) return
    const seen = events.map((event) => new SubscriptionEvent(event))
    const rows = await inOneTransaction(
      this.#holding.database,
      async (run) => {
        await code.handleBatch(seen, run, { signal, attempt })
        // An attempt that was given up must not commit behind the back of the next one.
        signal.throwIfAborted()
      },
      async (run) => {
        const settled = await run(course.statement(to))
        course.check(settled)
        return settled
      },
    )
    course.accept(rows, { xid: to.xid, position: to.position })
  }

  async #poisoned(course: Course, event: FeedEvent, poison: Poison): Promise<void> {
    const { onPoison, name } = this.#holding.subscription
    this.#holding.problem(
      event,
      poison.attempts,
      new Error(poison.error),
      onPoison === 'stop' ? 'stopped' : 'parked',
    )
    if (onPoison === 'stop') {
      await course.settle()
      throw new TrickleError(
        'SUBSCRIPTION_STOPPED',
        `${name} stopped at version ${event.version} of stream ${event.streamId} of tenant ${event.tenantId} after ${poison.attempts} attempts: ${poison.error}`,
      )
    }
    course.setAside({ event, state: 'parked', blocks: onPoison === 'park-stream', ...poison })
    await course.settle()
  }
}
