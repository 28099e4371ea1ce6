import { TrickleError } from '../errors/index.ts'

/** The time limit of one request. */
export interface Deadline {
  readonly atMs: number
  readonly signal: AbortSignal
  /** Ends the timer; to be called when the last byte of the answer is out. */
  readonly clear: () => void
}

export function startDeadline(durationMs: number): Deadline {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(
      new TrickleError('DEADLINE_EXCEEDED', `The request took longer than its limit of ${durationMs} ms.`),
    )
  }, durationMs)
  return {
    atMs: Date.now() + durationMs,
    signal: controller.signal,
    clear: () => clearTimeout(timer),
  }
}

/**
 * Waits for `work`, but no longer than the signal allows: a handler that hangs must not keep its client waiting.
 * @throws the signal's reason when it fires first; what `work` does after that is ignored, also its failure.
 */
export function withinDeadline<V>(work: Promise<V>, signal: AbortSignal): Promise<V> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(asError(signal.reason))
    if (signal.aborted) giveUp()
    // Added and taken away for each wait: a listener that stayed would be kept for every line of a long answer.
    else signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
