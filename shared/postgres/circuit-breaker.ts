import { setTimeout as sleep } from 'node:timers/promises'
import { equalJitterMs } from '../retry/index.ts'

export const breakerLimits = {
  /**
   * Failed attempts to connect, one begun after the other, with no answer of the server in between. One caller's three
   * attempts are as many, so the breaker opens when a caller gives up: before that, a retry may still help. Fewer, and
   * one lost packet would stop every caller.
   */
  failuresMax: 3,
  /** The first probe comes so soon that a restart of a pooler or a lost route costs callers a moment only. */
  firstProbeMs: 250,
  /**
   * The longest wait between probes. A server that is back is noticed by every instance within this time; and 40
   * instances that probe every 2.5 to 5 s are nothing that could keep a server from coming back.
   */
  longestProbeMs: 5_000,
} as const

/** Nothing was sent: the server was away a moment ago, and it is not yet time to ask it again. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway'
  /** Milliseconds until it is asked again, above 0. */
  readonly nextProbeMs: number

  constructor(nextProbeMs: number, cause: unknown) {
    super('The server is away.', { cause })
    this.nextProbeMs = nextProbeMs
  }
}

/** What people and programs may know of a breaker. */
export interface Reachability {
  readonly isReachable: boolean
  /** Milliseconds until the server is asked again; 0 while it answers, or while it is being asked. */
  readonly nextProbeMs: number
}

export interface BreakerOptions {
  /** Told when the breaker opens, with the last error, and when it closes, with null. */
  readonly onChange: (error: unknown) => void
  /** For tests. */
  readonly time?: BreakerTime
}

export interface BreakerTime {
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number
  /** Resolves after so long, or rejects when the signal is aborted. */
  readonly sleep: (forMs: number, signal: AbortSignal) => Promise<unknown>
}

const realTime: BreakerTime = {
  now: () => performance.now(),
  sleep: (forMs, signal) => sleep(forMs, undefined, { signal }),
}

/**
 * Keeps callers from a server that is away: one login of one server. It opens after attempts to connect have failed in a
 * row, lets one probe through after a wait that grows and has jitter, and closes when the server answers anything, be it
 * an error. It counts only attempts to connect: a server that is slow, full or refuses a statement is there, and a
 * connection that is lost in the middle tells nothing of the next.
 *
 * A closed breaker costs a call two comparisons. It has no timer and makes no promise.
 */
export class CircuitBreaker {
  readonly #onChange: (error: unknown) => void
  readonly #time: BreakerTime
  #failures = 0
  #error: unknown
  /** Probes that failed in a row; 0 while closed. */
  #round = 0
  #probeAtMs = 0
  #probe: PromiseWithResolvers<void> | undefined

  constructor({ onChange, time = realTime }: BreakerOptions) {
    this.#onChange = onChange
    this.#time = time
  }

  get isOpen(): boolean {
    return this.#failures >= breakerLimits.failuresMax
  }

  /** What an attempt notes before it connects, for `failed`. */
  get failures(): number {
    return this.#failures
  }

  get reachability(): Reachability {
    return { isReachable: !this.isOpen, nextProbeMs: this.isOpen ? this.#untilProbeMs() : 0 }
  }

  /**
   * An attempt to connect failed.
   * @param noted what `failures` was when it began. Attempts that were under way together are one failure: five
   *   connections that are lost in one moment must not open the breaker.
   */
  failed(noted: number, error: unknown): void {
    if (this.isOpen || noted !== this.#failures) return
    this.#failures += 1
    if (this.isOpen) this.#wait(error)
  }

  /** The server answered: with rows, or with an error of a statement. */
  answered(): void {
    if (this.#failures === 0) return
    const wasOpen = this.isOpen
    this.#failures = 0
    this.#round = 0
    this.#endProbe()
    if (wasOpen) this.#onChange(null)
  }

  /** True for one caller when it is time: it must then probe, and call `answered` or `probeFailed`. */
  beginProbe(): boolean {
    if (!this.isOpen || this.#probe !== undefined || this.#untilProbeMs() > 0) return false
    this.#probe = Promise.withResolvers<void>()
    return true
  }

  probeFailed(error: unknown): void {
    if (this.isOpen) this.#wait(error)
    this.#endProbe()
  }

  /** The error for a caller who comes while the breaker is open. */
  away(): ServerAway {
    // While the probe is under way nobody knows when the next one is: at once if it succeeds.
    return new ServerAway(Math.max(1, this.#untilProbeMs()), this.#error)
  }

  /**
   * Waits until the breaker is closed: not at all while it is. Of all who wait, one probes when it is time.
   * @param probe asks the server, and calls `answered` or `probeFailed`; its own error means nothing here
   * @returns whether it is closed; false after `forMs`, or when the signal is aborted
   */
  async whenClosed(probe: () => Promise<void>, forMs: number, signal?: AbortSignal): Promise<boolean> {
    const untilMs = this.#time.now() + forMs
    while (this.isOpen) {
      const leftMs = untilMs - this.#time.now()
      if (leftMs <= 0 || signal?.aborted === true) return false
      if (this.beginProbe()) await probe().catch(() => {})
      else await this.#next(leftMs, signal)
    }
    return true
  }

  /** Waits until the probe that is under way has ended, or until it is time for one; never longer than `waitMs`. */
  async #next(waitMs: number, signal?: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const either = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal])
    const dueMs = this.#probe === undefined ? Math.ceil(this.#untilProbeMs()) : waitMs
    const due = this.#time.sleep(Math.min(waitMs, dueMs), either).catch(() => {})
    await Promise.race([due, ...(this.#probe === undefined ? [] : [this.#probe.promise])])
    ended.abort()
  }

  #untilProbeMs(): number {
    return this.#probe === undefined ? Math.max(0, this.#probeAtMs - this.#time.now()) : 0
  }

  #wait(error: unknown): void {
    this.#round += 1
    this.#error = error
    const { firstProbeMs: firstMs, longestProbeMs: longestMs } = breakerLimits
    this.#probeAtMs = this.#time.now() + equalJitterMs(this.#round, { firstMs, longestMs })
    if (this.#round === 1) this.#onChange(error)
  }

  #endProbe(): void {
    this.#probe?.resolve()
    this.#probe = undefined
  }
}
