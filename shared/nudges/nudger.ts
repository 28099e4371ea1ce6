import { equalJitterMs } from '../retry/index.ts'
import type { Clock } from '../time/index.ts'
import { messageOfNudge } from './nudge-message.ts'
import type { NudgeMessage } from './nudge-message.ts'

/** What appending code knows of nudges. */
export interface Nudges {
  /** Call it when there may be something to do, such as after a commit. It waits for nothing and throws nothing. */
  readonly wake: () => void
  /** Sends what waits, for the end of the process. It throws nothing. */
  readonly close: () => Promise<void>
}

/** Where there is no Service Bus. */
export const noNudges: Nudges = { wake: () => undefined, close: () => Promise.resolve() }

export interface NudgerOptions {
  /** The subscriptions to wake. */
  readonly names: readonly string[]
  /** @throws any error: the nudge is sent again later */
  readonly send: (message: NudgeMessage) => Promise<void>
  readonly intervalSeconds: number
  /** A name that no other process has. */
  readonly instance: string
  readonly clock: Clock
  /** Gets one line when Service Bus goes away, and one when it is back. */
  readonly report: (line: string) => void
}

/**
 * The first nudge of a process loads the SDK, which stops the process for 0.1 to 0.2 s. The answer of the append that
 * caused it goes out first.
 */
const FIRST_WAIT_MS = 200

/** Between attempts while Service Bus can't be used. */
const backOff = { firstMs: 1_000, longestMs: 60_000 }

/** At the end of the process: the worker ends 5 s after it was told to end. */
const CLOSE_MAX_MS = 1_000

/**
 * Sends a nudge at once when none was sent in the interval that runs, else one when the next interval begins: so an
 * append that is committed just after a nudge has one of its own soon after. Intervals are those of the clock.
 */
export class Nudger implements Nudges {
  readonly #options: NudgerOptions
  /** Something was committed after the last nudge began to be sent. */
  #isWanted = false
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  /** The number of the interval of the last nudge. */
  #last = 0
  #failures = 0
  #isFirst = true
  #isClosed = false

  constructor(options: NudgerOptions) {
    this.#options = options
  }

  readonly wake = (): void => {
    this.#isWanted = true
    this.#schedule()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    const last = async (): Promise<void> => {
      await this.#sending
      if (this.#isWanted) await this.#send()
    }
    await Promise.race([last(), unreferenced(CLOSE_MAX_MS)])
  }

  #schedule(): void {
    if (!this.#isWanted || this.#isClosed || this.#timer !== undefined || this.#sending !== undefined) return
    const timer = setTimeout(() => {
      this.#timer = undefined
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined
        this.#schedule()
      })
    }, this.#waitMs())
    // A process that has nothing else to do may end; `close` sends what waits.
    timer.unref()
    this.#timer = timer
  }

  /** Until the next nudge may be sent. */
  #waitMs(): number {
    if (this.#failures > 0) return equalJitterMs(this.#failures, backOff)
    if (this.#isFirst) return FIRST_WAIT_MS
    const { clock } = this.#options
    if (this.#intervalNow() > this.#last) return 0
    // A clock that was set back must not hold nudges for as long as it was set back.
    return Math.min((this.#last + 1) * this.#intervalMs - clock.nowMs(), this.#intervalMs)
  }

  async #send(): Promise<void> {
    const { send, instance, names, report } = this.#options
    this.#isFirst = false
    this.#isWanted = false
    // Never a number twice, whatever the clock does: the queue would drop it.
    this.#last = Math.max(this.#intervalNow(), this.#last + 1)
    try {
      await send(messageOfNudge(instance, this.#last, names))
      if (this.#failures > 0) report('Nudges are sent again.')
      this.#failures = 0
    } catch (error) {
      this.#isWanted = true
      this.#failures += 1
      if (this.#failures === 1)
        report(
          `Nudges can't be sent; timers wake forwarding and subscriptions until they can. ${error instanceof Error ? error.message : String(error)}`,
        )
    }
  }

  #intervalNow(): number {
    return Math.floor(this.#options.clock.nowMs() / this.#intervalMs)
  }

  get #intervalMs(): number {
    return this.#options.intervalSeconds * 1_000
  }
}

const unreferenced = (timeMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, timeMs).unref()
  })
