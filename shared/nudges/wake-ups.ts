/**
 * What a run of a subscription ended with. budget-spent: there is more to do. busy: another process works on it.
 * waiting: it backs off after a failure. resizing: its members go to where they are shared out anew. Any other one:
 * nothing is left that this run could have done.
 */
export type WakeOutcome = string

/** After these it is worth trying again in a moment. */
const PASSING: readonly WakeOutcome[] = ['busy', 'waiting', 'resizing']

export type WakeRun<Log> = (log: Log) => Promise<WakeOutcome>

export interface WakeUpsOptions<Log> {
  readonly runs: ReadonlyMap<string, WakeRun<Log>>
  /** Called where there is more to do and this process has worked long enough: it asks for another nudge. */
  readonly askAgain: () => void
  /** Gets the first error of the runs that one nudge caused; the subscription has recorded it and backs off. */
  readonly failed: (name: string, error: unknown, log: Log) => void
}

export const wakeLimits = {
  /** No run begins later in one wake-up; a run has 20 s, and the lock of the message that caused it lasts a minute. */
  timeMs: 25_000,
  /** Between attempts that pass. */
  pauseFirstMs: 100,
  pauseLongestMs: 1_000,
} as const

interface UnderWay {
  isAskedAgain: boolean
}

/**
 * Runs subscriptions when they are nudged, each at most once at a time in this process. A nudge that comes during a run
 * makes it run once more: the run may have read the end of the feed already. The same holds where another process has
 * the lease: this one tries until it has had the lease itself after the nudge. A failure is tried again here as long as
 * the first waits after it are short; after that the next nudge or the timer does.
 */
export class WakeUps<Log> {
  readonly #options: WakeUpsOptions<Log>
  readonly #underWay = new Map<string, UnderWay>()

  constructor(options: WakeUpsOptions<Log>) {
    this.#options = options
  }

  /**
   * Resolves when all that it began has ended; for what runs already it does not wait. Names that are not known are left
   * out: the sender may be of another version. It throws nothing.
   */
  async wake(names: readonly string[], log: Log): Promise<void> {
    await Promise.all([...new Set(names)].map((name) => this.#wakeOne(name, log)))
  }

  async #wakeOne(name: string, log: Log): Promise<void> {
    const run = this.#options.runs.get(name)
    if (run === undefined) return
    const running = this.#underWay.get(name)
    if (running !== undefined) {
      running.isAskedAgain = true
      return
    }
    const state: UnderWay = { isAskedAgain: false }
    this.#underWay.set(name, state)
    await this.#runUntilDone(name, async () => run(log), state, log)
  }

  async #runUntilDone(
    name: string,
    run: () => Promise<WakeOutcome>,
    state: UnderWay,
    log: Log,
  ): Promise<void> {
    const endMs = performance.now() + wakeLimits.timeMs
    let pauseMs: number = wakeLimits.pauseFirstMs
    let hasFailed = false
    for (;;) {
      state.isAskedAgain = false
      const outcome = await run().catch((error: unknown) => {
        if (!hasFailed) this.#options.failed(name, error, log)
        hasFailed = true
        return 'waiting'
      })
      const isPassing = PASSING.includes(outcome)
      const isMore = outcome === 'budget-spent' || state.isAskedAgain
      const isLate = performance.now() >= endMs
      if (isLate || (!isMore && !isPassing)) {
        // In the same moment as the look at `isAskedAgain`: a nudge that comes now begins a run of its own.
        this.#underWay.delete(name)
        // Who backs off is not to be woken for ever: its timer comes.
        if (outcome === 'busy' || (isMore && !isPassing)) this.#options.askAgain()
        return
      }
      if (!isPassing) continue
      await pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, wakeLimits.pauseLongestMs)
    }
  }
}

const pause = (timeMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, timeMs)
  })
