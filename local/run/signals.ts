import type { RunControl } from './supervisor.ts'

/**
 * npm hands Ctrl-C on to its script, which the terminal has sent it already: the twin comes within milliseconds. A
 * second one that a person presses comes later.
 */
const TWIN_WITHIN_MS = 400

/**
 * Listens to the signals that end a run: the first ends it in order, a second one at once.
 * @param onSecond told when the second one comes, after the processes were killed
 */
export function controlBySignals(onSecond: () => void): {
  control: RunControl
  stop: () => void
  release: () => void
} {
  const stop = new AbortController()
  const kill = new AbortController()
  let firstAt: number | undefined
  const onSignal = (): void => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      stop.abort()
    } else if (now - firstAt > TWIN_WITHIN_MS && !kill.signal.aborted) {
      kill.abort()
      onSecond()
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return {
    control: { stop: stop.signal, kill: kill.signal },
    stop: () => {
      stop.abort()
    },
    release: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
