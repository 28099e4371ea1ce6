import { projectAgain } from '../projection/send-step.ts'
import { attemptOnce, failureOf } from '../run/attempt.ts'
import type { Trial } from '../run/attempt.ts'
import type { MemberRun } from '../run/member-run.ts'
import { backoffMs, messageOf } from '../run/put-off.ts'
import { SubscriptionEvent } from '../run/subscription-event.ts'
import { workLimits } from '../run/work-limits.ts'
import { replayStep, takeReplays } from './statements.ts'
import type { Replay, ReplayStep } from './statements.ts'

/** Events read at a time. A blocked stream gives only its first event, so this is also the number of such streams. */
const REPLAYS_READ = 20

/**
 * Handles events again as an operator has decided, and the events that waited for them, each stream in order: only the
 * first event of a blocked stream is taken, and the next one wakes when it is done. A failure here does not delay other
 * streams: the event waits for its next attempt, or is parked again.
 */
export class Replays {
  readonly #run: MemberRun

  constructor(run: MemberRun) {
    this.#run = run
  }

  /** Returns whether any event was tried. */
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
    // Always counted before it is made: the event has failed before, and may end the process.
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
   * Records a step of an event.
   * @param retryAfterMs null: it is not tried again without an operator.
   * @returns the number of its attempts; null when an operator has decided otherwise meanwhile, or the lease is lost. A
   *   lost lease shows at the next change.
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
