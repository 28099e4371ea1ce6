/**
 * What runs at this moment: counts for drain and shutdown, and the watch over functionTimeout.
 *
 * After functionTimeout the platform restarts the worker process, so every other invocation in it is lost too
 * (azure-functions-host, WebScriptHostExceptionHandler.cs).
 */

interface RunningInvocation {
  readonly functionName: string
  readonly startedAtMs: number
}

export interface OverdueInvocation {
  readonly invocationId: string
  readonly functionName: string
}

export interface Activity {
  readonly outstandingInvocations: number
  /** How many failed runs wait for their next attempt. */
  outstandingRetries: number
  begin(invocationId: string, functionName: string): void
  end(invocationId: string): void
  /** Resolves when nothing runs, or after `limitMs`. */
  settled(limitMs: number): Promise<void>
  stopWatch(): void
}

/** One check each second: a timeout is noticed at most a second late. A timer for each request would cost more. */
const WATCH_INTERVAL_MS = 1_000

/**
 * @param functionTimeoutMs undefined: no limit
 * @param onOverdue called once with the first invocation that has run past the limit
 */
export function createActivity(
  functionTimeoutMs: number | undefined,
  onOverdue: (overdue: OverdueInvocation) => void,
): Activity {
  // Insertion order is order of start, so the first entry is always the oldest.
  const running = new Map<string, RunningInvocation>()
  let waiters: (() => void)[] = []

  const watch =
    functionTimeoutMs === undefined
      ? undefined
      : setInterval(() => findOverdue(functionTimeoutMs), WATCH_INTERVAL_MS)
  watch?.unref()

  function findOverdue(limitMs: number): void {
    const [oldest] = running
    if (oldest === undefined || performance.now() - oldest[1].startedAtMs < limitMs) return
    clearInterval(watch)
    onOverdue({ invocationId: oldest[0], functionName: oldest[1].functionName })
  }

  return {
    outstandingRetries: 0,
    get outstandingInvocations(): number {
      return running.size
    },
    begin(invocationId, functionName) {
      running.set(invocationId, { functionName, startedAtMs: performance.now() })
    },
    end(invocationId) {
      running.delete(invocationId)
      if (running.size > 0) return
      for (const wake of waiters) wake()
      waiters = []
    },
    settled(limitMs) {
      if (running.size === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, limitMs)
        waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
    stopWatch() {
      clearInterval(watch)
    },
  }
}
