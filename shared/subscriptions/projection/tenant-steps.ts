import { codeOf } from '../../postgres/index.ts'
import type { Statement } from '../../postgres/index.ts'
import type { MemberRun } from '../run/member-run.ts'
import type { PageProgress } from '../run/page-progress.ts'
import { isPassing, putOff } from '../run/put-off.ts'
import type { PageRow, SetAside } from '../run/statements.ts'
import { SubscriptionEvent } from '../run/subscription-event.ts'
import { effectsOf, sendStep } from './send-step.ts'
import { beginTenantStep, DONE_BEFORE, HOLDER_LOST, selectProgress } from './statements.ts'
import { partsAfter } from './tenant-parts.ts'
import type { TenantPart } from './tenant-parts.ts'

interface Step {
  readonly part: TenantPart
  readonly setAside: readonly SetAside[]
  readonly statements: readonly Statement[]
}

/** Makes the transactions of a page's tenants and sends them. */
export class TenantSteps {
  readonly #run: MemberRun
  readonly progress: PageProgress

  constructor(run: MemberRun, progress: PageProgress) {
    this.#run = run
    this.progress = progress
  }

  /** An earlier event of its stream is set aside, so this one waits for it. */
  isBlocked(event: PageRow): boolean {
    return event.isBlocked || this.progress.isBlocked(event)
  }

  /** The events of the parts that have not taken effect yet. */
  async notDone(parts: readonly TenantPart[]): Promise<TenantPart[]> {
    if (parts.length === 0) return []
    const { database, subscription } = this.#run
    const tenantIds = parts.map(({ tenantId }) => tenantId)
    const progress = await database.query(selectProgress(subscription.name, tenantIds), { isRead: true })
    return partsAfter(parts, progress)
  }

  /**
   * Sends each part in its own transaction, all in one round trip.
   * @returns the parts whose transactions failed, with the events that have not taken effect.
   * @throws PutOff, LEASE_LOST.
   */
  async sendEach(parts: readonly TenantPart[]): Promise<TenantPart[]> {
    const { database, lease } = this.#run
    await lease.assertHeld()
    const left: TenantPart[] = []
    const steps: Step[] = []
    for (const part of parts) {
      try {
        steps.push(this.#stepOf(part))
      } catch {
        // The error of the code is reported later, when the part is worked on alone.
        left.push(part)
      }
    }
    const errors = await database
      .eachInOneTrip(steps.map(({ statements }) => statements))
      .catch((error: unknown) => {
        if (isPassing(error)) throw putOff(error)
        // One of the transactions can't even be sent. Each is worked on alone later, which shows the one that fails.
        return steps.map(() => error)
      })
    const doneBefore: TenantPart[] = []
    for (const [index, step] of steps.entries()) {
      const error = errors[index] ?? null
      if (codeOf(error) === HOLDER_LOST) throw lease.lost()
      if (error === null) this.#done(step)
      else if (codeOf(error) === DONE_BEFORE) doneBefore.push(step.part)
      else left.push(step.part)
    }
    return [...left, ...(await this.notDone(doneBefore))]
  }

  /**
   * Sends one part in one transaction, without the events that took effect before.
   * @throws the error of the code, unchanged; LEASE_LOST; the errors of shared/postgres.
   */
  async send(part: TenantPart): Promise<void> {
    const { lease } = this.#run
    const step = this.#stepOf(part)
    if (await this.#sendStep(step)) return
    const [rest] = await this.notDone([part])
    if (rest === undefined) return
    // The database said that some of the events took effect before. If all are still to be done, an operator has moved
    // the progress meanwhile.
    if (rest.events.length === part.events.length) throw lease.lost()
    await this.send(rest)
  }

  /** Records an event that is set aside. @throws as `send`. */
  async setAside(event: PageRow, entry: SetAside): Promise<void> {
    const step = this.#stepWith({ tenantId: event.tenantId, events: [event] }, [entry], [])
    await this.#sendStep(step)
  }

  /** Returns false when its first event took effect before. */
  async #sendStep(step: Step): Promise<boolean> {
    if (!(await sendStep(this.#run, step.statements))) return false
    this.#done(step)
    return true
  }

  #done({ part, setAside }: Step): void {
    for (const entry of setAside) this.progress.noteSetAside(entry)
    this.#run.handled += part.events.length - setAside.length
  }

  #stepOf(part: TenantPart): Step {
    const setAside: SetAside[] = []
    const seen: SubscriptionEvent[] = []
    for (const event of part.events) {
      if (this.isBlocked(event))
        setAside.push({ event, state: 'waiting', blocks: true, attempts: 0, error: '' })
      else seen.push(new SubscriptionEvent(event))
    }
    return this.#stepWith(part, setAside, seen.length === 0 ? [] : effectsOf(this.#run, seen, part.tenantId))
  }

  #stepWith(part: TenantPart, setAside: readonly SetAside[], effects: readonly Statement[]): Step {
    const { tenantId, events } = part
    const [first] = events
    const last = events.at(-1)
    if (first === undefined || last === undefined) throw new RangeError('a step has events')
    const begin = beginTenantStep(this.#run.lease, { tenantId, first, last, setAside })
    return { part, setAside, statements: [begin, ...effects] }
  }
}
