import { TrickleError } from '../../errors/index.ts'
import type { FeedEvent } from './feed-event.ts'
import type { MemberRun } from './member-run.ts'
import { backoffMs, isPassing, messageOf, PutOff, putOff } from './put-off.ts'
import { workLimits } from './work-limits.ts'

/** An event whose last attempt has failed. */
export interface Poison {
  readonly attempts: number
  readonly error: string
}

/** How one event is tried: where its attempts are counted, and what an attempt does. */
export interface Trial {
  readonly event: FeedEvent
  /** Counts the attempt that is about to be made or that has just failed, and gives its number; -1 takes one back. */
  count(by: 1 | -1): Promise<number>
  /** Records what came before, so that nothing clears the count behind it. */
  settleBefore(): Promise<void>
  attempt(attempt: number, signal: AbortSignal): Promise<void>
}

/**
 * Tries an event until it is handled or poison, waiting in between. In a careful run an attempt is counted before it is
 * made, so that an event which ends the process is found out too.
 * @throws PutOff when the next attempt must wait longer than a run should; LEASE_LOST.
 */
export async function tryEvent(run: MemberRun, trial: Trial): Promise<Poison | null> {
  const { subscription, lease } = run
  let counted = run.isCareful
  if (counted) await trial.settleBefore()
  let attempt = counted ? await trial.count(1) : 1
  for (;;) {
    if (attempt > subscription.maxAttempts)
      return { attempts: attempt - 1, error: 'The process ended while the event was being handled.' }
    await lease.assertHeld()
    try {
      await withTimeout(run, (signal) => trial.attempt(attempt, signal))
      return null
    } catch (error) {
      if (lease.signal.aborted) throw lease.lost()
      if (endsSubscription(error)) throw error
      await trial.settleBefore()
      if (isPassing(error)) {
        run.problem(trial.event, attempt, error, 'later')
        if (counted) await trial.count(-1)
        throw putOff(error)
      }
      if (!counted) attempt = await trial.count(1)
      counted = true
      if (attempt >= subscription.maxAttempts) return { attempts: attempt, error: messageOf(error) }
      run.problem(trial.event, attempt, error, 'retry')
      await waitFor(run, backoffMs(attempt, subscription.backoffMs), error)
      attempt = await trial.count(1)
    }
  }
}

/** Says that the subscription itself can't go on; no attempt at an event can mend that. */
export const endsSubscription = (error: unknown): boolean =>
  error instanceof TrickleError && (error.code === 'LEASE_LOST' || error.code === 'SUBSCRIPTION_STOPPED')

async function waitFor(run: MemberRun, waitMs: number, cause: unknown): Promise<void> {
  if (waitMs > workLimits.waitInRunMs || performance.now() + waitMs >= run.endMs)
    throw new PutOff(cause, waitMs)
  await new Promise<void>((resolve) => {
    setTimeout(resolve, waitMs)
  })
}

/** The signal is aborted when the time is over or the lease is lost; an attempt that does not obey is left alone. */
export async function withTimeout(
  { subscription, lease }: Pick<MemberRun, 'subscription' | 'lease'>,
  work: (signal: AbortSignal) => Promise<void> | void,
): Promise<void> {
  const controller = new AbortController()
  const onLost = (): void => controller.abort(lease.lost())
  lease.signal.addEventListener('abort', onLost, { once: true })
  const timer = setTimeout(
    () => controller.abort(new Error(`The attempt took longer than ${subscription.attemptTimeoutMs} ms.`)),
    subscription.attemptTimeoutMs,
  )
  try {
    const aborted = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), {
        once: true,
      })
    })
    await Promise.race([work(controller.signal), aborted])
  } finally {
    clearTimeout(timer)
    lease.signal.removeEventListener('abort', onLost)
  }
}
