import { readLimits } from './read-limits.ts'

/** Waits; returns at once when the signal fires, whose reason is the caller's business. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

/** How long to wait before the look after the next one. */
export const nextPauseMs = (pauseMs: number): number =>
  Math.min(pauseMs * readLimits.pauseGrowth, readLimits.pauseMsMax)
