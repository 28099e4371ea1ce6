import { equalJitterMs } from '../../retry/index.ts'
import { isTrickleError } from '../../errors/index.ts'

/**
 * Thrown by a handler when a service that it needs is not available. The event is not the cause, so the attempt does
 * not count. The member waits with all its streams, and then gets the same event again.
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly afterMs: number | undefined

  /** @param afterMs how long to wait; when absent, the wait grows with each failure. */
  constructor(reason: string, options: { afterMs?: number; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.afterMs = options.afterMs
  }
}

/** Ends a run early: the member is released, and no instance works on it until the wait is over. */
export class PutOff extends Error {
  override readonly name = 'PutOff'
  readonly waitMs: number | undefined

  constructor(cause: unknown, waitMs: number | undefined) {
    super(messageOf(cause), { cause })
    this.waitMs = waitMs
  }
}

/** A failure that will pass and says nothing about the event. So the event must not be parked because of it. */
export const isPassing = (error: unknown): boolean =>
  error instanceof RetryLater || (isTrickleError(error) && error.retryable)

/** The wait that a passing failure asks for. */
export const putOff = (error: unknown): PutOff =>
  new PutOff(error, error instanceof RetryLater ? error.afterMs : undefined)

/**
 * The first line: some SDKs append stacks to their messages. For INTERNAL the message of the cause, which says more.
 */
export function messageOf(error: unknown): string {
  if (isTrickleError(error) && error.code === 'INTERNAL' && error.cause instanceof Error)
    return messageOf(error.cause)
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.slice(0, 2_000) ?? ''
}

/** The wait after an attempt, 1 for the first. */
export const backoffMs = (attempt: number, { first, longest }: { first: number; longest: number }): number =>
  Math.round(equalJitterMs(attempt, { firstMs: first, longestMs: longest }))
