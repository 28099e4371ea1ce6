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
  /** The most steps of a run. Otherwise constant appends could keep one run busy for ever. */
  readonly stepsMax: number
}

/** What a subscription does with the feed. One step handles one batch and moves the checkpoint past it. */
export interface Subscriber {
  readonly name: string
  /**
   * Returns the number of events handled; 0 when there was nothing, which ends the run. It must renew the lease before
   * an effect outside the database.
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

  /** One page after `after`, up to `until` (inclusive) or the horizon. Empty when there are no more events. */
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
 * Works on a subscription until there is nothing more or the budget is spent. Called by a timer, or by a nudge for
 * speed. It takes the lease, so any number of instances may call it at once, and one of them works. A lease that is
 * lost meanwhile is no failure of the subscription: the other holder goes on, and this run ends as busy.
 * @throws any other error of the step, after the failure is recorded and the next attempt has to wait.
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
 * Does `work` while a heartbeat renews the lease, and always releases the lease afterwards. Returns 'busy' when the
 * lease was lost.
 * @throws any other error of `work`, after the failure is recorded and the next attempt has to wait.
 *   SUBSCRIPTION_STOPPED also stops the subscription.
 */
export async function underLease<T>(lease: Lease, work: () => Promise<T>): Promise<T | 'busy'> {
  const stopHeartbeat = lease.startHeartbeat()
  try {
    const result = await work()
    await lease.release()
    return result
  } catch (error) {
    if (isTrickleError(error) && error.code === 'LEASE_LOST') {
      // Released anyway: if the subscription was only paused, no other holder has the lease.
      await lease.release().catch(() => {})
      return 'busy'
    }
    if (isTrickleError(error) && error.code === 'SUBSCRIPTION_STOPPED') {
      await lease.stop(error)
      throw error
    }
    // If the database can't be reached, the failure is not recorded either. Then the lease ends after its time.
    const waitMs = error instanceof PutOff ? error.waitMs : undefined
    await lease.releaseFailed(error, waitMs).catch(() => {})
    throw error
  } finally {
    stopHeartbeat()
  }
}
