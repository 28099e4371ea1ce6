import type { HandlerContext } from '../define.ts'
import { isSame } from '../feed-position.ts'
import { Replays } from '../parking/replays.ts'
import { ProjectionPage } from '../projection/projection-page.ts'
import { endsSubscription, setAsidePoison, tryEvent } from './attempt.ts'
import type { MemberRun, Page } from './member-run.ts'
import { PageProgress } from './page-progress.ts'
import { planLanes } from './plan-lanes.ts'
import type { PlannedLane } from './plan-lanes.ts'
import { PutOff } from './put-off.ts'
import type { Lane, PageRow } from './statements.ts'
import { SubscriptionEvent } from './subscription-event.ts'
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
        ? planLanes(page.events, this.#run.pageLimits.tenantShare, workLimits.lanesMax - page.lanes)
        : new Map<string, PlannedLane>()
    if (lane === null) {
      this.#hasLanes = page.lanes > 0
      this.#begun = planned
    }
    if (page.events.length === 0 && isSame(page.end, from)) return false
    const progress = new PageProgress(this.#run, lane, planned)
    const mine = page.events.filter((event) => !progress.isLeftToLane(event))
    try {
      if (this.#run.isProjection) await this.#project(progress, page, mine)
      else await this.#oneByOne(progress, page, mine)
      return true
    } catch (error) {
      // A pause refuses the lease too, and then nobody else is there: what was done is recorded, if the fence still holds.
      if (endsSubscription(error)) await progress.settle().catch(() => {})
      // The run ends before its time, and what was done in it is not to be done again.
      if (error instanceof PutOff) await progress.settle()
      throw error
    }
  }

  /** What was done of a page that could not be ended is known of each tenant, so nothing is recorded here for it. */
  async #project(progress: PageProgress, page: Page, mine: readonly PageRow[]): Promise<void> {
    if (!(await new ProjectionPage(this.#run, progress).handle(mine))) return
    progress.passed(page.end)
    await progress.settle()
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
        attempt: (context) => this.#handle(event, context),
        count: () => progress.count(event),
        takeBack: () => progress.takeBack(event),
      })
      if (poison === null) {
        this.#run.handled += 1
        progress.passed(event)
      } else {
        // What came before is recorded by now: the attempts were counted.
        progress.setAside(setAsidePoison(this.#run, event, poison))
        await progress.settle()
      }
      if (progress.isDue) await progress.settle()
    }
    progress.passed(page.end)
    await progress.settle()
  }

  async #handle(event: PageRow, context: HandlerContext): Promise<void> {
    await this.#run.handler.handle(new SubscriptionEvent(event), context)
  }
}
