import { endsSubscription, withTimeout } from '../run/attempt.ts'
import type { FeedEvent } from '../run/feed-event.ts'
import { replayStep, takeReplays, type Replay } from '../run/statements.ts'
import type { MemberRun } from '../run/member-run.ts'
import { inOneTransaction } from '../run/one-transaction.ts'
import { backoffMs, isPassing, messageOf, putOff } from '../run/put-off.ts'
import { SubscriptionEvent } from '../run/subscription-event.ts'
import { workLimits } from '../run/work-limits.ts'

/** Read at a time: a stream gives one event after the other, so this is how many streams go on beside each other. */
const REPLAYS_READ = 20

/**
 * Handles events that an operator wants handled again, and what waited behind them, each stream in order: only the first
 * of a stream that is set aside is ever taken, and the next one wakes when it is done. A failure here holds up nobody
 * else: the event waits for its next attempt, or is parked again.
 */
export class Replays {
  readonly #run: MemberRun

  constructor(run: MemberRun) {
    this.#run = run
  }

  /** Returns whether there was any. */
  async step(): Promise<boolean> {
    let tried = 0
    while (tried < workLimits.replaysPerStep && !this.#run.isTimeOver) {
      const replays = await this.#run.database.query(takeReplays(this.#run.lease, REPLAYS_READ), {
        isRead: true,
      })
      if (replays.length === 0) break
      for (const replay of replays) {
        if (this.#run.isTimeOver) break
        await this.#again(replay)
        tried += 1
      }
    }
    return tried > 0
  }

  async #again(event: Replay): Promise<void> {
    const { parkedId, isThere } = event
    const { lease, subscription } = this.#run
    await lease.assertHeld()
    // Counted before it is made, always: the event is known to be trouble.
    const attempt = await this.#note(parkedId, 'begin', null, null)
    if (attempt === null) return
    if (!isThere) {
      await this.#note(parkedId, 'failed', 'The log does not hold this event any more.', null)
      return
    }
    if (attempt > subscription.maxAttempts) {
      await this.#note(parkedId, 'failed', 'The process ended while the event was being handled.', null)
      return
    }
    try {
      await withTimeout(this.#run, (signal) => this.#handle(event, parkedId, attempt, signal))
      this.#run.handled += 1
    } catch (error) {
      if (lease.signal.aborted) throw lease.lost()
      if (endsSubscription(error)) throw error
      await this.#failed(parkedId, event, attempt, error)
    }
  }

  async #handle(event: FeedEvent, parkedId: string, attempt: number, signal: AbortSignal): Promise<void> {
    const { code } = this.#run.subscription
    const seen = new SubscriptionEvent(event)
    const done = replayStep(this.#run.lease, parkedId, 'done', null, null)
    if ('handle' in code) {
      await code.handle(seen, { signal, attempt })
      await this.#run.database.query(done, { resolvesAmbiguity: true })
      return
    }
    await inOneTransaction(
      this.#run.database,
      async (run) => {
        await code.handleBatch([seen], run, { signal, attempt })
        signal.throwIfAborted()
      },
      async (run) => {
        const [row] = await run(done)
        // Nobody may record it any more: neither may its effect be.
        if ((row?.attempts ?? null) === null) throw this.#run.lease.lost()
      },
    )
  }

  async #failed(parkedId: string, event: FeedEvent, attempt: number, error: unknown): Promise<void> {
    const { subscription } = this.#run
    if (isPassing(error)) {
      this.#run.problem(event, attempt, error, 'later')
      await this.#note(parkedId, 'later', messageOf(error), 0)
      throw putOff(error)
    }
    const isLast = attempt >= subscription.maxAttempts
    this.#run.problem(event, attempt, error, isLast ? 'parked' : 'retry')
    const waitMs = isLast ? null : backoffMs(attempt, subscription.backoffMs)
    await this.#note(parkedId, 'failed', messageOf(error), waitMs)
  }

  /** Null when an operator has decided otherwise meanwhile, or the lease is lost, which shows at the next change. */
  async #note(
    parkedId: string,
    step: 'begin' | 'failed' | 'later',
    error: string | null,
    retryAfterMs: number | null,
  ): Promise<number | null> {
    const [row] = await this.#run.database.query(
      replayStep(this.#run.lease, parkedId, step, error, retryAfterMs),
      { resolvesAmbiguity: true },
    )
    return row?.attempts ?? null
  }
}
