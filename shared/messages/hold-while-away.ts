import { setTimeout as sleep } from 'node:timers/promises'
import { isTrickleError, TrickleError } from '../errors/index.ts'
import type { Database } from '../postgres/index.ts'
import { equalJitterMs } from '../retry/index.ts'

export const holdLimits = {
  /**
   * How long a function keeps its messages while the database is away. What is left of their lock (5 min, the most that
   * the service gives; `functionTimeout` is the same) is for a run that begins at the end of it: three attempts of 35 s.
   * A message that is given back is delivered again at once, so an outage of a day is 480 deliveries.
   */
  holdMs: 180_000,
  /** Waits between two runs that failed although the server was there: it was full, or took no writes. */
  firstPauseMs: 500,
  longestPauseMs: 10_000,
} as const

export interface HoldOptions {
  /** Told once, when messages begin to be kept, with the reason. */
  readonly onHold?: (reason: string) => void
  /** For tests. */
  readonly time?: HoldTime
}

interface HoldTime {
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number
  readonly sleep: (forMs: number) => Promise<unknown>
}

/**
 * Runs the work of a queue function, and keeps its messages while the database is away: it waits until the database can
 * be reached, and runs the work again when that failed for the database's sake. Without this every message would come
 * again at once, thousands of times an hour, and soon end in the dead-letter queue.
 * @param work may run several times, so a message that is handled again must do nothing
 * @throws what `work` threw, at once when the database is no reason for it, otherwise when the time is over: then the
 *   messages go back to their queue. DATABASE_UNAVAILABLE when it never ran.
 */
export async function holdWhileAway<T>(
  database: Pick<Database, 'reachability' | 'whenReachable'>,
  work: () => Promise<T>,
  { onHold = () => {}, time = realTime }: HoldOptions = {},
): Promise<T> {
  const untilMs = time.now() + holdLimits.holdMs
  const leftMs = (): number => untilMs - time.now()
  let isHeld = false
  const hold = (reason: string): void => {
    if (!isHeld) onHold(reason)
    isHeld = true
  }
  if (!database.reachability.isReachable) hold('the database can not be reached')
  for (let failures = 1; ; failures += 1) {
    if (!(await database.whenReachable(leftMs()))) throw wasAway()
    try {
      return await work()
    } catch (error) {
      if (!isForDatabase(error)) throw error
      hold(error.detail)
      const { firstPauseMs: firstMs, longestPauseMs: longestMs } = holdLimits
      await time.sleep(Math.max(0, Math.min(leftMs(), equalJitterMs(failures, { firstMs, longestMs }))))
      if (leftMs() <= 0) throw error
    }
  }
}

const realTime: HoldTime = { now: () => performance.now(), sleep: (forMs) => sleep(forMs) }

/** Refusals for the database's sake: it is away, full, read-only or too slow, or did not say what became of a write. */
const FOR_DATABASE: ReadonlySet<string> = new Set([
  'DATABASE_UNAVAILABLE',
  'DATABASE_BUSY',
  'DATABASE_READ_ONLY',
  'OUTCOME_UNKNOWN',
  'DEADLINE_EXCEEDED',
])

const isForDatabase = (error: unknown): error is TrickleError =>
  isTrickleError(error) && FOR_DATABASE.has(error.code)

const wasAway = (): TrickleError =>
  new TrickleError(
    'DATABASE_UNAVAILABLE',
    `The database could not be reached for ${holdLimits.holdMs / 1_000} s. The messages go back to their queue.`,
  )
