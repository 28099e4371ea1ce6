import { readLimits } from './read-limits.ts'

/** Waits, and returns early without an error when the signal fires. The caller looks at the signal itself. */
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

/** The length of the pause after this one. */
export const nextPauseMs = (pauseMs: number): number =>
  Math.min(pauseMs * readLimits.pauseGrowth, readLimits.pauseMsMax)
