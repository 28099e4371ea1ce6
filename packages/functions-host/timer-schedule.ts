/**
 * The schedule of a timer function: an NCRONTAB expression or a TimeSpan, either of them possibly as `%SETTING%`.
 * Source: azure-webjobs-sdk-extensions, TimerSchedule.cs, ConstantSchedule.cs.
 */
import { resolveSettingReferences } from './host-settings.ts'
import type { Environment } from './host-settings.ts'
import { nextCronTime, parseCron } from './ncrontab.ts'
import type { CronSchedule } from './ncrontab.ts'
import { parseTimeSpan } from './time-span.ts'

const MINUTE_MS = 60_000

export interface TimerSchedule {
  /** The text as it was written, with `%SETTING%` replaced. */
  readonly text: string
  /** Value of `schedule.adjustForDST` in the payload of a run. */
  readonly adjustForDst: boolean
  /** Whether it fires more than once a minute: then no status is kept, and `scheduleStatus` is null. */
  readonly isSubMinute: boolean
  /** The next time after `after`; undefined when there is none. */
  next(after: Date): Date | undefined
}

/**
 * @throws Error when a setting is missing, or the text is neither a cron expression nor a time span
 */
export function createTimerSchedule(written: string, environment: Environment): TimerSchedule {
  const text = resolveSettingReferences(written, environment)
  const cron = parseCron(text)
  if (cron !== undefined) {
    return {
      text,
      adjustForDst: true,
      isSubMinute: isSubMinuteCron(cron),
      next: (after) => nextCronTime(cron, after),
    }
  }
  const periodMs = parseTimeSpan(text)
  if (periodMs === undefined || periodMs <= 0) {
    throw new Error(
      `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
    )
  }
  return {
    text,
    adjustForDst: false,
    isSubMinute: periodMs < MINUTE_MS,
    next: (after) => new Date(after.getTime() + periodMs),
  }
}

/** Every field but the seconds is a star, and the seconds hold more than one value. */
function isSubMinuteCron(cron: CronSchedule): boolean {
  const isEveryMinute =
    cron.minutes.length === 60 &&
    cron.hours.length === 24 &&
    cron.days.length === 31 &&
    cron.months.length === 12 &&
    cron.weekdays.length === 7
  return isEveryMinute && cron.seconds.length > 1
}
