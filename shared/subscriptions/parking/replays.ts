import { projectAgain } from '../projection/send-step.ts'
import { attemptOnce, failureOf } from '../run/attempt.ts'
import type { Trial } from '../run/attempt.ts'
import type { MemberRun } from '../run/member-run.ts'
import { backoffMs, messageOf } from '../run/put-off.ts'
import { SubscriptionEvent } from '../run/subscription-event.ts'
import { workLimits } from '../run/work-limits.ts'
import { replayStep, takeReplays } from './statements.ts'
import type { Replay, ReplayStep } from './statements.ts'

/** Read at a time: a stream gives one event after the other, so this is how many streams go on beside each other. */
const REPLAYS_READ = 20

/**
 * Handles events that an operator wants handled again, and what waited after them, each stream in order: only the first
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

  async #again(replay: Replay): Promise<void> {
    const { lease, subscription } = this.#run
    await lease.assertHeld()
    // Counted before it is made, always: the event is known to be trouble.
    const attempt = await this.#note(replay, 'begin')
    if (attempt === null) return
    if (!replay.isThere) {
      await this.#note(replay, 'failed', 'The log does not hold this event any more.')
      return
    }
    const failed = await attemptOnce(this.#run, this.#trialOf(replay), attempt, true)
    if (failed === null) {
      this.#run.handled += 1
      return
    }
    const { attempts, error, isLast } = failureOf(this.#run, attempt, failed.error)
    this.#run.problem(replay, attempts, error, isLast ? 'parked' : 'retry')
    const waitMs = isLast ? null : backoffMs(attempts, subscription.backoffMs)
    await this.#note(replay, 'failed', messageOf(error), waitMs)
  }

  #trialOf(replay: Replay): Trial {
    const { database, lease } = this.#run
    const done = replayStep(lease, replay.parkedId, 'done', null, null)
    return {
      event: replay,
      attempt: async (context) => {
        if (this.#run.isProjection) {
          await projectAgain(this.#run, replay, replay.parkedId)
          return
        }
        await this.#run.handler.handle(new SubscriptionEvent(replay), context)
        await database.query(done, { resolvesAmbiguity: true })
      },
      takeBack: async (error) => {
        await this.#note(replay, 'later', error, 0)
      },
    }
  }

  /**
   * Notes a step of an event.
   * @param retryAfterMs null: it is not tried again by itself.
   * @returns the number of its attempts; null when an operator has decided otherwise meanwhile, or the lease is lost, which
   *   shows at the next change.
   */
  async #note(
    { parkedId }: Replay,
    step: Exclude<ReplayStep, 'done'>,
    error: string | null = null,
    retryAfterMs: number | null = null,
  ): Promise<number | null> {
    const [row] = await this.#run.database.query(
      replayStep(this.#run.lease, parkedId, step, error, retryAfterMs),
      { resolvesAmbiguity: true },
    )
    return row?.attempts ?? null
  }
}
