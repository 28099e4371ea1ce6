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

/** Works on a member whose lease is held. A step is some replays, a page of the main feed and a page of some lanes. */
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
   * Returns whether there was any work. If there was none, the step has reached the end of the feed.
   * @throws PutOff, LEASE_LOST, SUBSCRIPTION_STOPPED, and what the database throws.
   */
  async step(): Promise<boolean> {
    let hasMoved = await this.#replays.step()
    hasMoved = (await this.#page(null)) || hasMoved
    const lanes = this.#hasLanes ? await this.#run.lanes() : []
    for (const lane of lanes) {
      // A lane that began in this step waits for the next one. Otherwise it would be handled as early as without a
      // lane, and the other tenants would have gained nothing.
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
      // LEASE_LOST may also mean a pause. Then no other holder has taken over, and settle can still record what was
      // done.
      if (endsSubscription(error)) await progress.settle().catch(() => {})
      // The run ends early. What was done in it is recorded, so that it is not done again.
      if (error instanceof PutOff) await progress.settle()
      throw error
    }
  }

  /** An unfinished page is not recorded here: each tenant's progress shows what was done of it. */
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
        // The events before this one are recorded already: `count` has done that before it counted the attempts.
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
