import { endsSubscription, setAsidePoison, tryEvent } from '../run/attempt.ts'
import type { MemberRun } from '../run/member-run.ts'
import type { PageProgress } from '../run/page-progress.ts'
import { isPassing, putOff } from '../run/put-off.ts'
import type { PageRow } from '../run/statements.ts'
import { stopOf } from '../run/stop-reason.ts'
import { workLimits } from '../run/work-limits.ts'
import { partsOf } from './tenant-parts.ts'
import type { TenantPart } from './tenant-parts.ts'
import { TenantSteps } from './tenant-steps.ts'

/**
 * One page of a projection. Each tenant's part of it is its own transaction; many are sent at once, over several
 * connections. A tenant whose transaction fails is worked on alone afterwards, so that it delays no other tenant.
 */
export class ProjectionPage {
  readonly #run: MemberRun
  readonly #steps: TenantSteps

  constructor(run: MemberRun, progress: PageProgress) {
    this.#run = run
    this.#steps = new TenantSteps(run, progress)
  }

  /**
   * The tenants' transactions record what is done of the page. The checkpoint moves only when the whole page is done.
   * @returns false when the time was over before the page was done.
   * @throws PutOff, LEASE_LOST, SUBSCRIPTION_STOPPED, and what the database throws.
   */
  async handle(events: readonly PageRow[]): Promise<boolean> {
    const parts = partsOf(events)
    const left = this.#run.isCareful ? await this.#steps.notDone(parts) : await this.#together(parts)
    for (const part of left) {
      if (!(await this.#apart(part, true))) return false
    }
    return true
  }

  /** Sends all parts. Returns those that are still to be done, in the order of the page. */
  async #together(parts: readonly TenantPart[]): Promise<TenantPart[]> {
    const trips = chunksOf(parts, workLimits.projectionTenantsPerTrip)
    const left = new Map<string, TenantPart>()
    const work = async (): Promise<void> => {
      for (let trip = trips.shift(); trip !== undefined; trip = trips.shift()) {
        const rest = this.#run.isTimeOver ? trip : await this.#steps.sendEach(trip)
        for (const part of rest) left.set(part.tenantId, part)
      }
    }
    // Waits for all of them before it throws: no transaction may still write after the lease is released.
    const lines = await Promise.allSettled(Array.from({ length: workLimits.projectionConnections }, work))
    for (const line of lines) if (line.status === 'rejected') throw line.reason
    return parts.flatMap(({ tenantId }) => left.get(tenantId) ?? [])
  }

  /**
   * Halves a part that fails, until the event that makes it fail is alone. The part is reported once, its halves not.
   */
  async #apart(part: TenantPart, isTold: boolean): Promise<boolean> {
    const { events } = part
    if (this.#run.isTimeOver) return false
    if (events.length === 1 && events[0] !== undefined) {
      await this.#alone(events[0])
      return true
    }
    // A run after a crash has to find the event that ended the process, so each one is counted before it is tried.
    if (!this.#run.isCareful && (await this.#whole(part, isTold))) return true
    const middle = Math.ceil(events.length / 2)
    for (const half of [events.slice(0, middle), events.slice(middle)]) {
      if (!(await this.#apart({ ...part, events: half }, false))) return false
    }
    return true
  }

  async #whole(part: TenantPart, isTold: boolean): Promise<boolean> {
    try {
      await this.#steps.send(part)
      return true
    } catch (error) {
      if (endsSubscription(error)) throw error
      if (isPassing(error)) throw putOff(error)
      const [first] = part.events
      const stop = stopOf(this.#run, error)
      if (first !== undefined && stop !== null) this.#run.problem(first, 1, error, 'stopped')
      if (stop !== null) throw stop
      if (isTold && first !== undefined) this.#run.problem(first, 1, error, 'split')
      return false
    }
  }

  async #alone(event: PageRow): Promise<void> {
    const part = { tenantId: event.tenantId, events: [event] }
    if (this.#steps.isBlocked(event)) {
      await this.#steps.send(part)
      return
    }
    const poison = await tryEvent(this.#run, {
      event,
      attempt: () => this.#steps.send(part),
      count: () => this.#steps.progress.count(event),
      takeBack: () => this.#steps.progress.takeBack(event),
    })
    if (poison === null) return
    await this.#steps.setAside(event, setAsidePoison(this.#run, event, poison))
  }
}

/** Splits a list into lists of at most `size`, in its order. */
function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )
}
