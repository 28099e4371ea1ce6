import { randomUUID } from 'node:crypto'
import { TrickleError } from '../errors/index.ts'
import type { Database } from '../postgres/index.ts'
import { acquire, advance, release, renew, stop, type FeedPosition } from './statements.ts'

/**
 * A subscription whose holder died goes on after this long. A holder that lives renews its lease three times within it,
 * also while a step takes longer, so only a process that stands still for 15 s loses its lease to another.
 */
const LEASE_MS = 15_000
const HEARTBEAT_MS = 5_000

/** First wait after a failure, doubled with each further one up to the longest. */
const RETRY_FIRST_MS = 1_000
const RETRY_MS_MAX = 60_000

export type AcquireOutcome = 'acquired' | 'busy' | 'waiting' | 'paused' | 'stopped'

/**
 * The right to work on a subscription for a while. The fence grows with every acquisition, and every change of the
 * checkpoint names it: a holder that was thought dead and wakes up changes nothing any more.
 */
export class Lease {
  readonly #database: Database
  readonly name: string
  readonly fence: bigint
  readonly epoch: string
  #failures: number
  #checkpoint: FeedPosition

  private constructor(
    database: Database,
    name: string,
    facts: { fence: bigint; epoch: string; failures: number; checkpoint: FeedPosition },
  ) {
    this.#database = database
    this.name = name
    this.fence = facts.fence
    this.epoch = facts.epoch
    this.#failures = facts.failures
    this.#checkpoint = facts.checkpoint
  }

  static get durationMs(): number {
    return LEASE_MS
  }

  /** Takes the lease; an outcome other than a Lease says why not. Each call is an owner of its own. */
  static async acquire(
    database: Database,
    name: string,
  ): Promise<Lease | Exclude<AcquireOutcome, 'acquired'>> {
    // A lost answer leaves a lease that nobody holds; it ends by itself.
    const [row] = await database.query(acquire(name, randomUUID(), LEASE_MS))
    const [outcome, fence, epoch, xid, position, failures] = row ?? []
    if (outcome === 'busy' || outcome === 'waiting' || outcome === 'paused' || outcome === 'stopped')
      return outcome
    if (outcome !== 'acquired')
      throw new TrickleError('INTERNAL', `The subscription ${name} answered in an unknown way.`)
    return new Lease(database, name, {
      fence: BigInt(fence ?? '0'),
      epoch: epoch ?? '',
      failures: Number(failures ?? '0'),
      checkpoint: { xid: BigInt(xid ?? '0'), position: BigInt(position ?? '0') },
    })
  }

  /** Failures in a row, up to now. */
  get failures(): number {
    return this.#failures
  }

  get checkpoint(): FeedPosition {
    return this.#checkpoint
  }

  /** @throws TrickleError LEASE_LOST. Call it before a step with an effect outside that may come late. */
  async renew(): Promise<void> {
    const [row] = await this.#database.query(renew(this.name, this.fence, LEASE_MS), {
      resolvesAmbiguity: true,
    })
    if (row?.[0] !== 'true') throw this.lost()
  }

  /** Renews the lease from time to time until the returned function is called; what goes wrong shows at the next change. */
  startHeartbeat(): () => void {
    const timer = setInterval(() => {
      this.renew().catch(() => {})
    }, HEARTBEAT_MS)
    timer.unref()
    return () => clearInterval(timer)
  }

  /** Moves the checkpoint. @throws TrickleError LEASE_LOST. */
  async advance(to: FeedPosition): Promise<void> {
    const [row] = await this.#database.query(advance(this.name, this.fence, this.#checkpoint, to, LEASE_MS))
    if (row?.[0] !== 'true') throw this.lost()
    this.advancedTo(to)
  }

  /** The checkpoint was moved by a statement of the subscriber's own, in one transaction with its effect. */
  advancedTo(to: FeedPosition): void {
    this.#checkpoint = to
    // The database forgets them with the same move; the wait after a new failure is the first one again.
    this.#failures = 0
  }

  async release(): Promise<void> {
    await this.#database.query(release(this.name, this.fence, null, 0), { resolvesAmbiguity: true })
  }

  /** Ends the lease and notes the failure; the next attempt waits, with jitter so that many don't wake at once. */
  async releaseFailed(error: unknown): Promise<void> {
    const ceilingMs = Math.min(RETRY_MS_MAX, RETRY_FIRST_MS * 2 ** this.#failures)
    const retryAfterMs = Math.round(ceilingMs / 2 + (Math.random() * ceilingMs) / 2)
    const message = error instanceof Error ? error.message : String(error)
    await this.#database.query(release(this.name, this.fence, message, retryAfterMs))
  }

  /** Ends the lease and the subscription's work until an operator decides. */
  async stop(reason: TrickleError): Promise<void> {
    await this.#database.query(stop(this.name, this.fence, reason.detail), { resolvesAmbiguity: true })
  }

  lost(): TrickleError {
    return new TrickleError('LEASE_LOST', `Another instance works on the subscription ${this.name} now.`)
  }
}
