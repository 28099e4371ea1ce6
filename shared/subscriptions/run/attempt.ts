import { TrickleError } from '../../errors/index.ts'
import type { HandlerContext } from '../define.ts'
import type { FeedEvent } from './feed-event.ts'
import type { MemberRun } from './member-run.ts'
import { backoffMs, isPassing, messageOf, PutOff, putOff } from './put-off.ts'
import type { SetAside } from './statements.ts'
import { stopOf } from './stop-reason.ts'
import { workLimits } from './work-limits.ts'

/** What is needed to try one event. */
export interface Trial {
  readonly event: FeedEvent
  /** Makes one attempt. */
  attempt(context: HandlerContext): Promise<void>
  /** Takes back an attempt that was counted; `error` says why it says nothing about the event. */
  takeBack(error: string): Promise<void>
}

/** A trial whose attempts are counted as it goes on. */
export interface CountedTrial extends Trial {
  /** Counts an attempt and returns its number, which grows across runs. @throws TrickleError LEASE_LOST. */
  count(): Promise<number>
}

/** An attempt that failed because of the event itself. */
export interface Failure {
  /** How many attempts there were. */
  readonly attempts: number
  readonly error: unknown
  /** There is no attempt left: the event is poison. */
  readonly isLast: boolean
}

/**
 * Tries an event until it is handled or has no attempt left, with a wait between attempts. In a careful run, and from
 * the second attempt on, an attempt is counted before it is made. Otherwise an event that ends the process would be
 * tried without end.
 * @returns the last failure; null when the event is handled.
 * @throws PutOff when the next attempt must wait longer than a run should; LEASE_LOST.
 */
export async function tryEvent(run: MemberRun, trial: CountedTrial): Promise<Failure | null> {
  for (let isCounted = run.isCareful; ; isCounted = true) {
    const attempt = isCounted ? await trial.count() : 1
    const failed = await attemptOnce(run, trial, attempt, isCounted)
    if (failed === null) return null
    const failure = failureOf(run, isCounted ? attempt : await trial.count(), failed.error)
    if (failure.isLast) return failure
    run.problem(trial.event, failure.attempts, failure.error, 'retry')
    await waitFor(run, backoffMs(failure.attempts, run.subscription.backoffMs), failure.error)
  }
}

/**
 * Makes one attempt, but not if the last allowed attempt has ended the process: this is returned as its failure.
 * @param isCounted whether it is counted already.
 * @returns null when the event is handled, else its failure.
 * @throws PutOff, or SUBSCRIPTION_STOPPED, for a failure that says nothing about the event, after the attempt is taken
 *   back; LEASE_LOST.
 */
export async function attemptOnce(
  run: MemberRun,
  trial: Trial,
  attempt: number,
  isCounted: boolean,
): Promise<{ readonly error: unknown } | null> {
  if (attempt > run.subscription.maxAttempts) return { error: new Error(PROCESS_ENDED) }
  await run.lease.assertHeld()
  try {
    await withTimeout(run, (signal) => trial.attempt({ signal, attempt }))
    return null
  } catch (error) {
    if (run.lease.signal.aborted) throw run.lease.lost()
    if (endsSubscription(error)) throw error
    const end = isPassing(error) ? putOff(error) : stopOf(run, error)
    if (end === null) return { error }
    run.problem(trial.event, attempt, error, end instanceof PutOff ? 'later' : 'stopped')
    if (isCounted) await trial.takeBack(messageOf(error))
    throw end
  }
}

/** @param attempt the number of the attempt that failed. */
export function failureOf({ subscription }: MemberRun, attempt: number, error: unknown): Failure {
  const { maxAttempts } = subscription
  return { attempts: Math.min(attempt, maxAttempts), error, isLast: attempt >= maxAttempts }
}

/**
 * Returns what is recorded about an event that has no attempt left.
 * @throws TrickleError SUBSCRIPTION_STOPPED where the subscription's `onPoison` is 'stop'.
 */
export function setAsidePoison(run: MemberRun, event: FeedEvent, { attempts, error }: Failure): SetAside {
  const { onPoison, name } = run.subscription
  const message = messageOf(error)
  run.problem(event, attempts, error, onPoison === 'stop' ? 'stopped' : 'parked')
  if (onPoison === 'stop') {
    throw new TrickleError(
      'SUBSCRIPTION_STOPPED',
      `${name} stopped at version ${event.version} of stream ${event.streamId} of tenant ${event.tenantId} after ${attempts} attempts: ${message}`,
    )
  }
  return { event, state: 'parked', blocks: onPoison === 'park-stream', attempts, error: message }
}

const PROCESS_ENDED = 'The process ended while the event was being handled.'

/** True for an error that ends the run of the whole subscription: more attempts at the event would not help. */
export const endsSubscription = (error: unknown): boolean =>
  error instanceof TrickleError && (error.code === 'LEASE_LOST' || error.code === 'SUBSCRIPTION_STOPPED')

async function waitFor(run: MemberRun, waitMs: number, cause: unknown): Promise<void> {
  if (waitMs > workLimits.waitInRunMs || performance.now() + waitMs >= run.endMs)
    throw new PutOff(cause, waitMs)
  await new Promise<void>((resolve) => {
    setTimeout(resolve, waitMs)
  })
}

/** Aborts the signal when the time is over or the lease is lost. It does not wait for work that ignores the signal. */
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
