import { TrickleError } from '../../errors/index.ts'
import type { HandlerContext } from '../define.ts'
import { isSame } from '../feed-position.ts'
import type { FeedPosition } from '../feed-position.ts'
import { Replays } from '../parking/replays.ts'
import { endsSubscription, tryEvent, withTimeout } from './attempt.ts'
import type { Failure } from './attempt.ts'
import type { FeedEvent } from './feed-event.ts'
import { handleEvents } from './handle-events.ts'
import type { MemberRun, Page } from './member-run.ts'
import { PageProgress } from './page-progress.ts'
import { planLanes } from './plan-lanes.ts'
import type { PlannedLane } from './plan-lanes.ts'
import { isPassing, messageOf, PutOff, putOff } from './put-off.ts'
import type { Lane, PageRow } from './statements.ts'
import { workLimits } from './work-limits.ts'

/** Works on a member whose lease is held: what is to be replayed, a page of the main feed, a page of some lanes. */
export class MemberWork {
  readonly #run: MemberRun
  readonly #replays: Replays
  #hasLanes = false
  #begun: ReadonlyMap<string, PlannedLane> = new Map()

  constructor(run: MemberRun) {
    this.#run = run
    this.#replays = new Replays(run)
  }

  /**
   * Returns whether anything moved; a step without it has come to the end of the feed.
   * @throws PutOff, LEASE_LOST, SUBSCRIPTION_STOPPED, and what the database throws.
   */
  async step(): Promise<boolean> {
    let hasMoved = await this.#replays.step()
    hasMoved = (await this.#page(null)) || hasMoved
    const lanes = this.#hasLanes ? await this.#run.lanes() : []
    for (const lane of lanes) {
      // One that has just begun waits a step: or it would catch up at once, and the others would have gained nothing.
      if (this.#begun.has(lane.tenantId)) continue
      if (this.#run.isTimeOver) break
      hasMoved = (await this.#page(lane)) || hasMoved
    }
    return hasMoved
  }

  async #page(lane: Lane | null): Promise<boolean> {
    const from = lane ?? this.#run.lease.checkpoint
    const page = await this.#run.takePage(lane?.tenantId ?? null, from)
    const planned =
      lane === null && page.isFull
        ? planLanes(page.events, workLimits.tenantShare, workLimits.lanesMax - page.lanes)
        : new Map<string, PlannedLane>()
    if (lane === null) {
      this.#hasLanes = page.lanes > 0
      this.#begun = planned
    }
    if (page.events.length === 0 && isSame(page.end, from)) return false
    const progress = new PageProgress(this.#run, lane, planned)
    const mine = page.events.filter((event) => !progress.isLeftToLane(event))
    try {
      if (!(await this.#together(progress, page, mine))) await this.#oneByOne(progress, page, mine)
      return true
    } catch (error) {
      // A pause refuses the lease too, and then nobody else is there: what was done is recorded, if the fence still holds.
      if (endsSubscription(error)) await progress.settle().catch(() => {})
      // The run ends before its time, and what was done in it is not to be done again.
      if (error instanceof PutOff) await progress.settle()
      throw error
    }
  }

  async #oneByOne(progress: PageProgress, page: Page, mine: readonly PageRow[]): Promise<void> {
    for (const event of mine) {
      if (event.isBlocked || progress.isBlocked(event)) {
        progress.setAside({ event, state: 'waiting', blocks: true, attempts: 0, error: '' })
        continue
      }
      if (this.#run.isTimeOver) {
        await progress.settle()
        return
      }
      const poison = await tryEvent(this.#run, {
        event,
        attempt: (context) => this.#handle(progress, [event], event, context),
        count: () => progress.count(event),
        takeBack: () => progress.takeBack(event),
      })
      if (poison === null) {
        this.#run.handled += 1
        progress.passed(event)
      } else {
        await this.#poisoned(progress, event, poison)
      }
      if (progress.isDue) await progress.settle()
    }
    progress.passed(page.end)
    await progress.settle()
  }

  /**
   * A batch of events with effects in the same database: all of the page in one transaction. False when it has to be done
   * one by one: because that is what the subscription asks for, or to find the event that makes it fail.
   */
  async #together(progress: PageProgress, page: Page, mine: readonly PageRow[]): Promise<boolean> {
    if (!('handleBatch' in this.#run.subscription.code) || this.#run.isCareful) return false
    if (mine.length === 0 || mine.some((event) => event.isBlocked)) return false
    try {
      await withTimeout(this.#run, (signal) => this.#handle(progress, mine, page.end, { signal, attempt: 1 }))
      this.#run.handled += mine.length
      return true
    } catch (error) {
      if (this.#run.lease.signal.aborted) throw this.#run.lease.lost()
      if (endsSubscription(error)) throw error
      if (isPassing(error)) throw putOff(error)
      return false
    }
  }

  async #handle(
    progress: PageProgress,
    events: readonly FeedEvent[],
    to: FeedPosition,
    context: HandlerContext,
  ): Promise<void> {
    let accept = (): void => {}
    await handleEvents(this.#run, events, context, async (run) => {
      accept = await progress.settleIn(run, to)
    })
    accept()
  }

  async #poisoned(progress: PageProgress, event: FeedEvent, { attempts, error }: Failure): Promise<void> {
    const { onPoison, name } = this.#run.subscription
    const message = messageOf(error)
    this.#run.problem(event, attempts, error, onPoison === 'stop' ? 'stopped' : 'parked')
    if (onPoison === 'stop') {
      await progress.settle()
      throw new TrickleError(
        'SUBSCRIPTION_STOPPED',
        `${name} stopped at version ${event.version} of stream ${event.streamId} of tenant ${event.tenantId} after ${attempts} attempts: ${message}`,
      )
    }
    const blocks = onPoison === 'park-stream'
    progress.setAside({ event, state: 'parked', blocks, attempts, error: message })
    await progress.settle()
  }
}
