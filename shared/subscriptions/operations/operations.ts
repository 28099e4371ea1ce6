import { recordAction } from '../../audit/index.ts'
import type { ActionFacts, OperatorAction } from '../../audit/index.ts'
import { TrickleError } from '../../errors/index.ts'
import { INT8_MAX } from '../../postgres/index.ts'
import type { Database, RunStatement, Statement } from '../../postgres/index.ts'
import { statusesOfRows } from './status.ts'
import type { SubscriptionStatus } from './status.ts'
import { decideParked, replayParked, selectParked, selectParkedTenant } from '../parking/statements.ts'
import type { ParkedEvent } from '../parking/statements.ts'
import { LAG_COUNTED_MAX, moveCheckpoints, resize, selectStatus, setState } from './statements.ts'
import type { Changed } from './statements.ts'

export type ResumePoint =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'checkpoint'; readonly xid: bigint; readonly position: bigint }
  | { readonly kind: 'epoch-began' }

export interface ParkedQuery {
  /** `next` of the page before. */
  readonly after?: string
  readonly limit: number
}

export interface Replayed {
  /** Events that were parked and are marked now. */
  readonly replayed: number
  /** `after` of the next call; null when no parked event is left after these. */
  readonly next: string | null
}

/** The same limit as for every other list. While 1,000 events are marked, members wait: 15 to 30 ms. */
const PARKED_LIMIT_MAX = 1_000
/** The largest group. With more, the connections of a small database would not suffice, and members would only wait. */
export const MEMBERS_MAX = 16

/**
 * What an operator can see and do, with the operator's login. A change with an `OperatorAction` writes the audit row in
 * the same transaction.
 * @throws TrickleError SUBSCRIPTION_NOT_FOUND for an unknown name, SUBSCRIPTION_STATE_CONFLICT for what can't be done
 *   now, DATABASE_ family.
 */
export class SubscriptionOperations {
  readonly #database: Database
  readonly #onChanged: () => void

  /** @param onChanged called after each change: a run may have something to do now */
  constructor(database: Database, onChanged: () => void = () => undefined) {
    this.#database = database
    this.#onChanged = onChanged
  }

  /** All subscriptions, by name. For the lag of each member the database scans up to 10,000 rows. */
  async list(): Promise<SubscriptionStatus[]> {
    return statusesOfRows(await this.#read(selectStatus(null, LAG_COUNTED_MAX)))
  }

  async get(name: string): Promise<SubscriptionStatus> {
    const [status] = statusesOfRows(await this.#read(selectStatus(name, LAG_COUNTED_MAX)))
    if (status === undefined) throw notFound(name)
    return status
  }

  /** A running holder stops before its next page. During a long handler it notices the pause after 5 s at most. */
  async pause(name: string, action?: OperatorAction): Promise<SubscriptionStatus> {
    return this.#change(name, setState(name, 'pause'), action)
  }

  /** The event that failed, or that stopped the subscription, is tried again. */
  async resume(name: string, action?: OperatorAction): Promise<SubscriptionStatus> {
    return this.#change(name, setState(name, 'resume'), action)
  }

  /** Back to the beginning of the log, and paused: everything is handled again after `resume`. */
  async reset(name: string, action?: OperatorAction): Promise<SubscriptionStatus> {
    return this.#change(name, moveCheckpoints(name, 'beginning', null, false), action)
  }

  /**
   * Goes on from another point, in the current epoch of the log. Events between the two may be left out or handled
   * again.
   * @throws also VALIDATION_FAILED for a checkpoint above the horizon: events may still be committed before such a
   *   point.
   */
  async resumeAt(name: string, at: ResumePoint, action?: OperatorAction): Promise<SubscriptionStatus> {
    const point = at.kind === 'checkpoint' ? at : null
    const detail = point === null ? `at ${at.kind}` : `at checkpoint ${point.xid}/${point.position}`
    return this.#change(name, moveCheckpoints(name, at.kind, point, true), action, detail)
  }

  /** Takes effect when every member has reached the point of the furthest one; until then see `targetMembers`. */
  async resize(name: string, members: number, action?: OperatorAction): Promise<SubscriptionStatus> {
    if (!Number.isInteger(members) || members < 1 || members > MEMBERS_MAX)
      throw new TrickleError(
        'VALIDATION_FAILED',
        `A subscription has 1 to ${MEMBERS_MAX} members, not ${members}.`,
      )
    return this.#change(name, resize(name, members), action, `${members} members`)
  }

  /** Events that are set aside, oldest first, without those that were skipped. */
  async parked(name: string, query: ParkedQuery): Promise<{ events: ParkedEvent[]; next: string | null }> {
    const { after, limit } = rangeOf(query)
    const rows = await this.#read(selectParked(name, after, limit + 1))
    if (rows.length === 0) await this.get(name)
    const events = rows.slice(0, limit)
    return { events, next: rows.length > limit ? (events.at(-1)?.parkedId ?? null) : null }
  }

  /**
   * The next run handles the event again and, if that works, those that wait for it.
   * @throws also PARKED_EVENT_NOT_FOUND.
   */
  async replay(name: string, parkedId: string, action?: OperatorAction): Promise<void> {
    await this.#decide(name, parkedId, 'replay', action)
  }

  /**
   * The same for all parked events, oldest first, up to `limit` in a call. An event that fails again keeps its id, so
   * calls that go on after `next` mark each event once and come to an end. A repeated call marks nothing twice and
   * counts only what it has marked itself. After a lost answer it throws OUTCOME_UNKNOWN: call it again.
   */
  async replayAll(name: string, query: ParkedQuery, action?: OperatorAction): Promise<Replayed> {
    const { after, limit } = rangeOf(query)
    const row = await this.#database.transaction(async (run) => {
      const [marked] = await run(replayParked(name, after, limit))
      if (marked?.outcome !== 'done') return undefined
      const { tenantIds, events } = marked
      await recordAction(run, action, { tenantIds, target: name, detail: `${events} parked events` })
      return marked
    })
    if (row === undefined) throw notFound(name)
    this.#onChanged()
    return { replayed: row.events, next: row.nextAfter }
  }

  /** Gives the event up; its row is kept as skipped, and its stream goes on. @throws also PARKED_EVENT_NOT_FOUND. */
  async skip(name: string, parkedId: string, action?: OperatorAction): Promise<void> {
    await this.#decide(name, parkedId, 'skip', action)
  }

  async #decide(
    name: string,
    parkedId: string,
    decision: 'replay' | 'skip',
    action: OperatorAction | undefined,
  ): Promise<void> {
    const id = idOf(parkedId)
    if (id === null) throw eventNotFound(name, parkedId)
    const outcome = await this.#database.transaction(async (run) => {
      const [parked] = await run(selectParkedTenant(name, id))
      const [row] = await run(decideParked(name, id, decision))
      const tenantId = parked?.tenantId ?? null
      await recordDone(run, row, action, {
        ...(tenantId === null ? {} : { tenantIds: [tenantId] }),
        target: name,
        detail: `parked event ${id}`,
      })
      return row?.outcome ?? 'not-found'
    })
    refuseUnlessDone(outcome, name, parkedId)
    this.#onChanged()
  }

  /**
   * Not tried again after a lost answer, which throws OUTCOME_UNKNOWN: the status shows what was done, and a second
   * skip would not find its event.
   */
  async #change(
    name: string,
    statement: Statement<Changed>,
    action: OperatorAction | undefined,
    detail?: string,
  ): Promise<SubscriptionStatus> {
    const outcome = await this.#database.transaction(async (run) => {
      const [row] = await run(statement)
      await recordDone(run, row, action, { target: name, ...(detail === undefined ? {} : { detail }) })
      return row?.outcome ?? 'not-found'
    })
    refuseUnlessDone(outcome, name)
    this.#onChanged()
    return this.get(name)
  }

  #read<R>(statement: Statement<R>): Promise<R[]> {
    return this.#database.query(statement, { isRead: true })
  }
}

/** A refused change leaves no audit row, since nothing was changed. */
async function recordDone(
  run: RunStatement,
  row: Changed | undefined,
  action: OperatorAction | undefined,
  facts: ActionFacts,
): Promise<void> {
  if (row?.outcome === 'done') await recordAction(run, action, facts)
}

function refuseUnlessDone(outcome: Changed['outcome'], name: string, parkedId = ''): void {
  if (outcome === 'done') return
  if (outcome === 'not-found') throw notFound(name)
  if (outcome === 'event-not-found') throw eventNotFound(name, parkedId)
  if (outcome === 'ahead')
    throw new TrickleError('VALIDATION_FAILED', 'The checkpoint is ahead of what the log can be read up to.')
  throw new TrickleError('SUBSCRIPTION_STATE_CONFLICT', `${name} ${conflicts[outcome]}.`)
}

const conflicts: Readonly<
  Record<Exclude<Changed['outcome'], 'done' | 'not-found' | 'event-not-found' | 'ahead'>, string>
> = {
  running: 'is running; pause it first',
  held: 'is still finishing what it began; try again in a few seconds',
  stopped: 'is stopped already',
  'epoch-ended':
    'stopped with an ended epoch of the log, so its checkpoint may mean nothing; choose where to resume it',
  single: 'is worked on by one member only',
  resizing: 'is being resized; wait until that is done',
  waiting: 'holds this event until an earlier one of its stream is done; decide on that one',
}

const notFound = (name: string): TrickleError =>
  new TrickleError('SUBSCRIPTION_NOT_FOUND', `There is no subscription ${JSON.stringify(name)}.`)

const eventNotFound = (name: string, parkedId: string): TrickleError =>
  new TrickleError('PARKED_EVENT_NOT_FOUND', `${name} has no event ${JSON.stringify(parkedId)} set aside.`)

/** @throws TrickleError INVALID_CURSOR. */
function rangeOf({ after = '0', limit }: ParkedQuery): { after: string; limit: number } {
  const id = idOf(after)
  if (id === null) throw new TrickleError('INVALID_CURSOR', 'The page does not begin at a parked event.')
  return { after: id, limit: Math.min(Math.max(1, limit), PARKED_LIMIT_MAX) }
}

/** Null for a text that can't be an id. */
const idOf = (text: string): string | null =>
  /^\d{1,19}$/.test(text) && BigInt(text) <= INT8_MAX ? text : null
