/**
 * Runs one timer: waits for the next time of its schedule, runs the function, and only after that computes the next
 * time. So runs of one timer never overlap and never pile up.
 *
 * Source: azure-webjobs-sdk-extensions, TimerListener.cs. The platform's lock over instances isn't needed here.
 */
import { checkPastDue, endOfTime } from './schedule-status.ts'
import type { ScheduleStatus, ScheduleStatusStore } from './schedule-status.ts'
import type { TimerSchedule } from './timer-schedule.ts'

export interface TimerRun {
  readonly isPastDue: boolean
  /** null when no status is kept. */
  readonly status: ScheduleStatus | null
  readonly reason: 'Scheduled' | 'PastDue' | 'RunOnStartup'
}

export interface TimerListenerOptions {
  readonly functionName: string
  readonly schedule: TimerSchedule
  /** Whether a status is kept over a restart; false for schedules of less than a minute. */
  readonly useMonitor: boolean
  readonly runOnStartup: boolean
  readonly store: ScheduleStatusStore
  /** Runs the function with its retries. A failure has been logged already, and doesn't stop the schedule. */
  run(run: TimerRun): Promise<void>
  now(): Date
}

export interface TimerListener {
  start(): Promise<void>
  /** Resolves when a run that is under way has ended. */
  stop(): Promise<void>
  /** The status for a run outside the schedule. */
  currentStatus(): ScheduleStatus | null
}

/** Node's timers wait at most 24.8 days. Longer waits are done in steps of this length. */
const LONGEST_WAIT_MS = 24 * 24 * 60 * 60 * 1_000

export const createTimerListener = (options: TimerListenerOptions): TimerListener => new Listener(options)

class Listener implements TimerListener {
  readonly #options: TimerListenerOptions
  #status: ScheduleStatus | undefined
  #timer: NodeJS.Timeout | undefined
  #isActive = false
  #running: Promise<void> | undefined

  constructor(options: TimerListenerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    if (this.#isActive) return
    this.#isActive = true
    const { functionName, schedule, useMonitor, store, runOnStartup } = this.#options
    const now = this.#options.now()
    const check = checkPastDue(useMonitor ? await store.read(functionName) : undefined, schedule, now)
    this.#status = check.status
    if (useMonitor && check.changed) await store.write(functionName, check.status)
    // After a resume, a run from before the drain may not have ended yet. The schedule goes on when that run ends.
    if (this.#running !== undefined || !this.#isActive) return
    if (check.isPastDue) this.#runThenWait('PastDue')
    else if (runOnStartup) this.#runThenWait('RunOnStartup')
    else this.#waitForNext()
  }

  async stop(): Promise<void> {
    this.#isActive = false
    clearTimeout(this.#timer)
    await this.#running
  }

  currentStatus(): ScheduleStatus | null {
    return this.#options.useMonitor ? (this.#status ?? null) : null
  }

  #waitForNext(): void {
    const waitMs = Math.max(0, (this.#status?.next.getTime() ?? 0) - this.#options.now().getTime())
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => (waitMs > LONGEST_WAIT_MS ? this.#waitForNext() : this.#runThenWait('Scheduled')),
      Math.min(waitMs, LONGEST_WAIT_MS),
    )
  }

  #runThenWait(reason: TimerRun['reason']): void {
    this.#running = this.#runOnce(reason).finally(() => {
      this.#running = undefined
      if (this.#isActive) this.#waitForNext()
    })
  }

  async #runOnce(reason: TimerRun['reason']): Promise<void> {
    const { functionName, schedule, useMonitor, store } = this.#options
    let startedAt = this.#options.now()
    try {
      await this.#options.run({ isPastDue: reason === 'PastDue', status: this.currentStatus(), reason })
    } catch {
      // The failure has been logged. The schedule goes on.
    }
    const status = this.#status
    // A timer may fire a moment early. Without this the next time would be the same time again, and would run twice.
    if (reason === 'Scheduled' && status !== undefined && status.next > startedAt) startedAt = status.next
    const next = schedule.next(startedAt) ?? endOfTime
    this.#status = { last: startedAt, next, lastUpdated: startedAt }
    if (useMonitor) await store.write(functionName, this.#status)
  }
}
