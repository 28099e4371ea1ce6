import { equalJitterMs } from '../../retry/index.ts'
import { isTrickleError } from '../../errors/index.ts'

/**
 * Thrown by a handler when what it needs is away: the event is not at fault, so the attempt does not count. The member
 * waits, all of its streams with it, and the same event comes again.
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly afterMs: number | undefined

  /** @param afterMs how long to wait; the usual growing back-off when absent. */
  constructor(reason: string, options: { afterMs?: number; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.afterMs = options.afterMs
  }
}

/** Ends a run before its time: the member is released, and nobody works on it until the wait is over. */
export class PutOff extends Error {
  override readonly name = 'PutOff'
  readonly waitMs: number | undefined

  constructor(cause: unknown, waitMs: number | undefined) {
    super(messageOf(cause), { cause })
    this.waitMs = waitMs
  }
}

/** A failure that says nothing about the event: it will pass, and may not make anything poison. */
export const isPassing = (error: unknown): boolean =>
  error instanceof RetryLater || (isTrickleError(error) && error.retryable)

/** The wait that a passing failure asks for. */
export const putOff = (error: unknown): PutOff =>
  new PutOff(error, error instanceof RetryLater ? error.afterMs : undefined)

/** First line: some SDKs append stacks to their messages. The cause of an INTERNAL says more than it does. */
export function messageOf(error: unknown): string {
  if (isTrickleError(error) && error.code === 'INTERNAL' && error.cause instanceof Error)
    return messageOf(error.cause)
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.slice(0, 2_000) ?? ''
}

/** The wait after an attempt, 1 for the first. */
export const backoffMs = (attempt: number, { first, longest }: { first: number; longest: number }): number =>
  Math.round(equalJitterMs(attempt, { firstMs: first, longestMs: longest }))
