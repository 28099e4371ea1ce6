import { isTrickleError } from '../../errors/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { FeedEvent } from './feed-event.ts'
import { Lease } from '../lease/lease.ts'
import type { AcquireOutcome } from '../lease/lease.ts'
import { PutOff } from './put-off.ts'
import type { FeedPosition } from '../feed-position.ts'
import { readFeed } from './statements.ts'

export interface RunBudget {
  /** No new step is begun after this; a step that runs is finished. */
  readonly timeMs: number
  /** Steps, so that one run can't be kept busy for ever by those who append. */
  readonly stepsMax: number
}

/** What a subscription does with the feed. One step handles one batch and moves the checkpoint past it. */
export interface Subscriber {
  readonly name: string
  /**
   * Returns the number of events handled; 0 when there was nothing, which ends the run. Renews the lease before an effect
   * outside.
   */
  step(lease: Lease, feed: FeedReader): Promise<number>
}

export interface RunResult {
  readonly outcome: 'done' | 'budget-spent' | Exclude<AcquireOutcome, 'acquired'>
  readonly events: number
  readonly steps: number
}

/** Pages of the feed of all tenants, read by the forwarder's login. */
export class FeedReader {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** One page after `after`, up to `until` (inclusive) or the horizon. Empty means that there is nothing. */
  async read(
    after: FeedPosition,
    until: FeedPosition | null,
    limit: number,
    bytesMax: number,
  ): Promise<FeedEvent[]> {
    return this.#database.query(readFeed({ after, until, limit, bytesMax }), { isRead: true })
  }
}

/**
 * Works on a subscription until there is nothing more or the budget is spent: for a timer (backstop) or a nudge. Takes
 * the lease, so that any number may be called at once and one of them works. A lease that is lost on the way is no
 * failure of the subscription: the other holder goes on, and this run ends as busy.
 * @throws whatever else the step threw, after the failure is noted and the next attempt put off.
 */
export async function runOnce(
  database: Database,
  subscriber: Subscriber,
  budget: RunBudget,
): Promise<RunResult> {
  const lease = await Lease.acquire(database, subscriber.name)
  if (typeof lease === 'string') return { outcome: lease, events: 0, steps: 0 }
  const feed = new FeedReader(database)
  const endMs = performance.now() + budget.timeMs
  let events = 0
  let steps = 0
  const outcome = await underLease(lease, async () => {
    while (steps < budget.stepsMax && performance.now() < endMs) {
      // The heartbeat renews the lease, and finds out when the subscription was paused.
      if (steps > 0) await lease.assertHeld()
      const handled = await subscriber.step(lease, feed)
      if (handled === 0) return 'done' as const
      events += handled
      steps += 1
    }
    return 'budget-spent' as const
  })
  return { outcome, events, steps }
}

/**
 * Does `work` under a lease that is renewed beside it, and gives the lease back however it ends. A lost lease is answered
 * with 'busy'.
 * @throws whatever else `work` threw, after the failure is noted and the next attempt put off; SUBSCRIPTION_STOPPED stops.
 */
export async function underLease<T>(lease: Lease, work: () => Promise<T>): Promise<T | 'busy'> {
  const stopHeartbeat = lease.startHeartbeat()
  try {
    const result = await work()
    await lease.release()
    return result
  } catch (error) {
    if (isTrickleError(error) && error.code === 'LEASE_LOST') {
      // Nobody else may have it: a subscription that was paused refuses its holder too.
      await lease.release().catch(() => {})
      return 'busy'
    }
    if (isTrickleError(error) && error.code === 'SUBSCRIPTION_STOPPED') {
      await lease.stop(error)
      throw error
    }
    // A database that is away can't note the failure either; the lease ends by itself then.
    const waitMs = error instanceof PutOff ? error.waitMs : undefined
    await lease.releaseFailed(error, waitMs).catch(() => {})
    throw error
  } finally {
    stopHeartbeat()
  }
}
