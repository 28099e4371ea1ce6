/**
 * The clockwork of one timer: waits for the next time of its schedule, runs the function, and only then counts the
 * next time, so that it never overlaps with itself and never piles up runs.
 *
 * Source: azure-webjobs-sdk-extensions, TimerListener.cs. The platform's lock over instances isn't needed here.
 */
import { checkPastDue, endOfTime, type ScheduleStatus, type ScheduleStatusStore } from './schedule-status.ts'
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
  /** Runs the function with its retries; what it rejects with has been logged and doesn't stop the schedule. */
  run(run: TimerRun): Promise<void>
  now(): Date
}

export interface TimerListener {
  start(): Promise<void>
  /** Resolves when a run that is under way has ended. */
  stop(): Promise<void>
  /** The status a run that isn't scheduled sees. */
  currentStatus(): ScheduleStatus | null
}

/** Node's timers hold at most 24.8 days; longer waits are taken in steps of this length. */
const LONGEST_WAIT_MS = 24 * 24 * 60 * 60 * 1_000

export function createTimerListener(options: TimerListenerOptions): TimerListener {
  const { functionName, schedule, useMonitor, store } = options
  let status: ScheduleStatus | undefined
  let timer: NodeJS.Timeout | undefined
  let active = false
  let running: Promise<void> | undefined

  function nextAfter(time: Date): Date {
    return schedule.next(time) ?? endOfTime
  }

  async function start(): Promise<void> {
    if (active) return
    active = true
    const now = options.now()
    const check = checkPastDue(useMonitor ? await store.read(functionName) : undefined, schedule, now)
    status = check.status
    if (useMonitor && check.changed) await store.write(functionName, check.status)
    // A run of before a resume may still be under way; it goes on with the schedule when it ends.
    if (running !== undefined || !active) return
    if (check.isPastDue) runThenWait('PastDue')
    else if (options.runOnStartup) runThenWait('RunOnStartup')
    else waitForNext()
  }

  function waitForNext(): void {
    const waitMs = Math.max(0, (status?.next.getTime() ?? 0) - options.now().getTime())
    clearTimeout(timer)
    timer = setTimeout(
      () => (waitMs > LONGEST_WAIT_MS ? waitForNext() : runThenWait('Scheduled')),
      Math.min(waitMs, LONGEST_WAIT_MS),
    )
  }

  function runThenWait(reason: TimerRun['reason']): void {
    running = runOnce(reason).finally(() => {
      running = undefined
      if (active) waitForNext()
    })
  }

  async function runOnce(reason: TimerRun['reason']): Promise<void> {
    let startedAt = options.now()
    try {
      await options.run({ isPastDue: reason === 'PastDue', status: currentStatus(), reason })
    } catch {
      // Logged where it happened; the schedule goes on.
    }
    // A timer may fire a moment early. Without this the same time would come out as the next one and run twice.
    if (reason === 'Scheduled' && status !== undefined && status.next > startedAt) startedAt = status.next
    status = { last: startedAt, next: nextAfter(startedAt), lastUpdated: startedAt }
    if (useMonitor) await store.write(functionName, status)
  }

  function currentStatus(): ScheduleStatus | null {
    return useMonitor ? (status ?? null) : null
  }

  return {
    start,
    async stop() {
      active = false
      clearTimeout(timer)
      await running
    },
    currentStatus,
  }
}
