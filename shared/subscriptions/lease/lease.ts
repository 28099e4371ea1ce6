import { randomUUID } from 'node:crypto'
import { equalJitterMs } from '../../retry/index.ts'
import { isTrickleError, TrickleError } from '../../errors/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { FeedPosition } from '../feed-position.ts'
import { acquire, advance, release, renew, stop } from './statements.ts'
import type { Acquisition } from './statements.ts'

/**
 * The time after which a subscription goes on when its holder has died. A living holder renews its lease three times
 * within this time, also during a long step. So only a process that stands still for 15 s loses its lease to another.
 */
const LEASE_MS = 15_000
const HEARTBEAT_MS = 5_000

/** First wait after a failure, doubled with each further one up to the longest. */
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 60_000

/**
 * busy: another instance works on this member. waiting: backing off after a failure. resizing: this member waits for
 * the others. gone: the group has become smaller, without this member.
 */
export type AcquireOutcome = Acquisition['outcome']

interface LeaseFacts {
  readonly fence: bigint
  readonly epoch: string
  readonly generation: number
  readonly failures: number
  readonly crashes: number
  readonly checkpoint: FeedPosition
}

/**
 * The right to work on a member of a subscription for a limited time. The fence grows with every acquisition, and every
 * change of the checkpoint must name the current fence. So a holder that stood still and lost its lease can't change
 * the checkpoint any more.
 */
export class Lease {
  readonly #database: Database
  readonly name: string
  readonly member: number
  readonly fence: bigint
  readonly epoch: string
  /** Grows when an operator moves the checkpoint. */
  readonly generation: number
  /**
   * Holders in a row, before this one, that ended without a release. The event that they worked on may be the cause.
   */
  readonly crashes: number
  #failures: number
  #checkpoint: FeedPosition
  /** Until then no other holder can have the lease. By this process's clock, from before the last request was sent. */
  #validUntilMs: number
  readonly #lost = new AbortController()

  private constructor(
    database: Database,
    name: string,
    member: number,
    facts: LeaseFacts,
    askedAtMs: number,
  ) {
    this.#database = database
    this.name = name
    this.member = member
    this.fence = facts.fence
    this.epoch = facts.epoch
    this.generation = facts.generation
    this.crashes = facts.crashes
    this.#failures = facts.failures
    this.#checkpoint = facts.checkpoint
    this.#validUntilMs = askedAtMs + LEASE_MS
  }

  static get durationMs(): number {
    return LEASE_MS
  }

  /** Takes the lease, or returns the outcome that says why not. Each call is a different owner. */
  static async acquire(
    database: Database,
    name: string,
    member = 0,
  ): Promise<Lease | Exclude<AcquireOutcome, 'acquired'>> {
    const askedAtMs = performance.now()
    // If the answer is lost, nobody uses the lease that was given. It ends after its time.
    const [row] = await database.query(acquire(name, member, randomUUID(), LEASE_MS))
    if (row === undefined) throw new TrickleError('INTERNAL', `The subscription ${name} did not answer.`)
    if (row.outcome !== 'acquired') return row.outcome
    const facts = {
      fence: row.fence ?? 0n,
      epoch: row.epoch ?? '',
      generation: row.generation ?? 0,
      failures: row.failures ?? 0,
      crashes: row.crashes ?? 0,
      checkpoint: { xid: row.xid ?? 0n, position: row.position ?? 0n },
    }
    return new Lease(database, name, member, facts, askedAtMs)
  }

  /** Failures in a row, up to now. */
  get failures(): number {
    return this.#failures
  }

  get checkpoint(): FeedPosition {
    return this.#checkpoint
  }

  /** Aborted as soon as it is known that another holder may have the lease. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** @throws TrickleError LEASE_LOST. Call it before a step whose effect outside the database may be delayed. */
  async renew(): Promise<void> {
    await this.prolonging(async () => {
      const [row] = await this.#database.query(renew(this.name, this.member, this.fence, LEASE_MS), {
        resolvesAmbiguity: true,
      })
      if (row?.isHeld !== true) throw this.lost()
    })
  }

  /**
   * Asks the database only when the lease may have ended. Call it before each effect outside the database.
   * @throws TrickleError LEASE_LOST, DATABASE_ family.
   */
  async assertHeld(): Promise<void> {
    if (this.#lost.signal.aborted) throw this.lost()
    if (performance.now() >= this.#validUntilMs) await this.renew()
  }

  /** Runs work that also prolongs the lease, such as taking a page. The new time counts from before the work began. */
  async prolonging<T>(work: () => Promise<T>): Promise<T> {
    const askedAtMs = performance.now()
    const result = await work()
    this.#validUntilMs = Math.max(this.#validUntilMs, askedAtMs + LEASE_MS)
    return result
  }

  /** Renews the lease at intervals until the returned function is called. Other errors show at the next change. */
  startHeartbeat(): () => void {
    const timer = setInterval(() => {
      this.renew().catch((error: unknown) => {
        // If the database can't be reached, the lease may still be held, but not after its time has ended.
        const hasEnded = performance.now() >= this.#validUntilMs
        if (hasEnded || (isTrickleError(error) && error.code === 'LEASE_LOST')) this.#lost.abort(this.lost())
      })
    }, HEARTBEAT_MS)
    timer.unref()
    return () => clearInterval(timer)
  }

  /** Moves the checkpoint. @throws TrickleError LEASE_LOST. */
  async advance(to: FeedPosition): Promise<void> {
    const [row] = await this.#database.query(advance(this, this.#checkpoint, to, LEASE_MS))
    if (row?.isHeld !== true) throw this.lost()
    this.advancedTo(to)
  }

  /** Call it when the subscriber's own statement has moved the checkpoint, in one transaction with its effect. */
  advancedTo(to: FeedPosition): void {
    this.#checkpoint = to
    this.recovered()
  }

  /** Call it after progress: the database has cleared the failures with it, so the next wait is the shortest again. */
  recovered(): void {
    this.#failures = 0
  }

  async release(): Promise<void> {
    await this.#database.query(release(this, null, 0), { resolvesAmbiguity: true })
  }

  /**
   * Ends the lease and records the failure. The next attempt waits, with jitter so that many don't begin at once.
   * @param waitMs used instead of the wait that follows from the failures so far.
   */
  async releaseFailed(error: unknown, waitMs?: number): Promise<void> {
    const backOff = { firstMs: RETRY_FIRST_MS, longestMs: RETRY_MAX_MS }
    const retryAfterMs = waitMs ?? Math.round(equalJitterMs(this.#failures + 1, backOff))
    const message = error instanceof Error ? error.message : String(error)
    await this.#database.query(release(this, message, retryAfterMs))
  }

  /** Ends the lease and stops the subscription until an operator decides. */
  async stop(reason: TrickleError): Promise<void> {
    await this.#database.query(stop(this, reason.detail), { resolvesAmbiguity: true })
  }

  lost(): TrickleError {
    return new TrickleError('LEASE_LOST', `Another instance works on the subscription ${this.name} now.`)
  }
}
