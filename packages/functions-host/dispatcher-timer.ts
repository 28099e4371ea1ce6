/** Timer triggers: one listener for each function, with its retry policy. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CoreLogLevel, CoreRetryContext } from './core-api.ts'
import type { DispatcherContext, TriggerDispatcher } from './dispatcher.ts'
import type { HostedFunction } from './function-catalog.ts'
import { createRetryPolicy, runWithRetries } from './retry-policy.ts'
import type { RetryPolicy } from './retry-policy.ts'
import { createScheduleStatusStore, toStatusPayload } from './schedule-status.ts'
import type { ScheduleStatusStore } from './schedule-status.ts'
import { formatTimeSpan } from './time-span.ts'
import { createTimerListener } from './timer-listener.ts'
import type { TimerListener, TimerRun } from './timer-listener.ts'
import { createTimerSchedule } from './timer-schedule.ts'
import type { TimerSchedule } from './timer-schedule.ts'
import { childTraceContext } from './trace-context.ts'

interface TimerFunction {
  readonly fn: HostedFunction
  readonly schedule: TimerSchedule
  readonly policy: RetryPolicy | undefined
  readonly listener: TimerListener
  /** Runs of a schedule of less than a minute would fill the log, so they are logged at debug only. */
  readonly logLevel: CoreLogLevel
}

const reasons: Readonly<Record<TimerRun['reason'], string>> = {
  Scheduled: 'Timer fired at ',
  PastDue: 'A run was missed while the host was down; timer fired at ',
  RunOnStartup: 'runOnStartup; timer fired at ',
}

export function createTimerDispatcher(context: DispatcherContext): TriggerDispatcher {
  const store: ScheduleStatusStore = createScheduleStatusStore(context.stateFolder, context.log)
  const timers: TimerFunction[] = []

  function add(fn: HostedFunction): void {
    const { schedule: written, runOnStartup, useMonitor } = fn.trigger
    if (typeof written !== 'string') throw new Error(`The timer function '${fn.name}' has no schedule.`)
    const schedule = createTimerSchedule(written, context.environment)
    const retryOptions = fn.registered.metadata.retryOptions
    const listener = createTimerListener({
      functionName: fn.name,
      schedule,
      useMonitor: useMonitor !== false && !schedule.isSubMinute,
      runOnStartup: runOnStartup === true,
      store,
      run: (run) => runScheduled(context, timer, run),
      now: () => new Date(),
    })
    const timer: TimerFunction = {
      fn,
      schedule,
      policy: retryOptions === undefined ? undefined : createRetryPolicy(retryOptions),
      listener,
      logLevel: schedule.isSubMinute ? 'debug' : 'information',
    }
    timers.push(timer)
  }

  return {
    add,
    async start() {
      for (const { fn, listener } of timers) if (!fn.disabled) await listener.start()
    },
    async stop() {
      await Promise.all(timers.map(({ listener }) => listener.stop()))
    },
    async runNow(fn) {
      const timer = timers.find((one) => one.fn === fn)
      // As on the platform, this run is outside the schedule: it may overlap with a scheduled run, and has no retries.
      if (timer !== undefined)
        await runAttempt(context, timer, {
          isPastDue: false,
          status: timer.listener.currentStatus(),
          reason: 'Scheduled',
        })
    },
  }
}

/** Runs a timer with its retries; rejects with the last failure. */
function runScheduled(context: DispatcherContext, timer: TimerFunction, run: TimerRun): Promise<void> {
  const attempt = (retryContext: CoreRetryContext | undefined): Promise<void> =>
    runAttempt(context, timer, run, retryContext)
  return runWithRetries(timer.policy, attempt, {
    wait: (delayMs, retryNumber) => waitForRetry(context, timer, delayMs, retryNumber),
  })
}

async function runAttempt(
  { executor }: DispatcherContext,
  timer: TimerFunction,
  run: TimerRun,
  retryContext?: CoreRetryContext,
): Promise<void> {
  const payload = {
    Schedule: { AdjustForDST: timer.schedule.adjustForDst },
    ScheduleStatus: run.status === null ? null : toStatusPayload(run.status),
    IsPastDue: run.isPastDue,
  }
  await executor.run(timer.fn, {
    invocationId: executor.newInvocationId(),
    data: { json: JSON.stringify(payload) },
    triggerMetadata: {},
    traceContext: childTraceContext(),
    retryContext,
    reason: reasons[run.reason] + new Date().toISOString(),
    logLevel: timer.logLevel,
  })
}

async function waitForRetry(
  { activity, log, stopping }: DispatcherContext,
  timer: TimerFunction,
  delayMs: number,
  retryNumber: number,
): Promise<void> {
  const most = timer.policy?.maxRetryCount ?? 0
  const message = `Waiting for \`${formatTimeSpan(delayMs)}\` before retrying function execution. Next attempt: '${retryNumber}'. Max retry count: '${most}'`
  log.write({ level: 'information', category: timer.fn.name, message })
  activity.outstandingRetries++
  try {
    await sleep(delayMs, undefined, { signal: stopping })
  } finally {
    activity.outstandingRetries--
  }
}
