import type { RunControl } from './supervisor.ts'

/**
 * The terminal sends Ctrl-C to npm and to its script, and npm passes it on to the script. So the script gets the signal
 * twice within milliseconds. If a person presses Ctrl-C again, the signal comes later than this.
 */
const TWIN_WITHIN_MS = 400

/**
 * Listens to the signals that end a run: the first ends it in order, a second one at once.
 * @param onSecond called at the second signal, after the processes were killed
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
