/**
 * The status of a timer that is kept between two starts of the host, and whether the timer missed a run in between.
 *
 * The platform keeps the status in the storage account, this host in `<state>/timers/<function>.json`.
 * Source: azure-webjobs-sdk-extensions, ScheduleMonitor.cs (CheckPastDueAsync), StorageScheduleMonitor.cs.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostLog } from './log.ts'
import { messageOf, systemCodeOf } from './start-failure.ts'
import type { TimerSchedule } from './timer-schedule.ts'

export interface ScheduleStatus {
  /** undefined: the timer has never run. */
  readonly last: Date | undefined
  readonly next: Date
  readonly lastUpdated: Date
}

export interface ScheduleStatusStore {
  read(functionName: string): Promise<ScheduleStatus | undefined>
  /** Never rejects: an error is logged, since a status that can't be written must not stop the schedule. */
  write(functionName: string, status: ScheduleStatus): Promise<void>
}

/** .NET's DateTime.MinValue, which stands for "never". */
const NEVER_TEXT = '0001-01-01T00:00:00+00:00'
/** .NET's DateTime.MaxValue to the second: the next time of a schedule that never fires again. */
export const endOfTime = new Date('9999-12-31T23:59:59Z')

/** A time as JSON.NET writes it in UTC: a fraction only if it is not zero, and `+00:00` instead of Z. */
export function formatScheduleTime(time: Date | undefined): string {
  return time === undefined ? NEVER_TEXT : time.toISOString().replace(/\.?0*Z$/, '+00:00')
}

/** The form of the status in files and in the payload for functions. */
export function toStatusPayload(status: ScheduleStatus): { Last: string; Next: string; LastUpdated: string } {
  return {
    Last: formatScheduleTime(status.last),
    Next: formatScheduleTime(status.next),
    LastUpdated: formatScheduleTime(status.lastUpdated),
  }
}

export function createScheduleStatusStore(stateFolder: string, log: HostLog): ScheduleStatusStore {
  const folder = join(stateFolder, 'timers')
  const fileOf = (functionName: string): string => join(folder, `${functionName.toLowerCase()}.json`)
  const warn = (functionName: string, message: string): void =>
    log.write({ level: 'warning', category: functionName, message })

  return {
    async read(functionName) {
      try {
        const content = JSON.parse(await readFile(fileOf(functionName), 'utf8')) as Record<string, unknown>
        const next = readScheduleTime(content['Next'])
        const lastUpdated = readScheduleTime(content['LastUpdated'])
        if (next === undefined || lastUpdated === undefined) return undefined
        return { last: readScheduleTime(content['Last']), next, lastUpdated }
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOENT')
          warn(
            functionName,
            `The timer's status can't be read (${messageOf(error)}); it starts again from now.`,
          )
        return undefined
      }
    },
    async write(functionName, status) {
      const file = fileOf(functionName)
      try {
        await mkdir(folder, { recursive: true })
        // Written under another name and renamed: with half a file after a crash a missed run would not be noticed.
        await writeFile(`${file}.new`, JSON.stringify(toStatusPayload(status)))
        await rename(`${file}.new`, file)
      } catch (error) {
        warn(functionName, `The timer's status can't be kept (${messageOf(error)}).`)
      }
    },
  }
}

function readScheduleTime(text: unknown): Date | undefined {
  const time = new Date(String(text))
  if (Number.isNaN(time.getTime())) throw new Error(`'${String(text)}' is no time`)
  return time.getUTCFullYear() <= 1 ? undefined : time
}

export interface PastDueCheck {
  readonly status: ScheduleStatus
  readonly isPastDue: boolean
  /** Whether `status` differs from what was recorded and has to be written. */
  readonly changed: boolean
}

/** Compares the recorded status with the present schedule. After a change of the schedule no run counts as missed. */
export function checkPastDue(
  recorded: ScheduleStatus | undefined,
  schedule: TimerSchedule,
  now: Date,
): PastDueCheck {
  const nextAfter = (time: Date): Date => schedule.next(time) ?? endOfTime
  if (recorded === undefined) {
    return {
      status: { last: undefined, next: nextAfter(now), lastUpdated: now },
      isPastDue: false,
      changed: true,
    }
  }
  const basis = recorded.last ?? recorded.lastUpdated
  const expected = nextAfter(basis)
  if (expected.getTime() === recorded.next.getTime()) {
    return { status: recorded, isPastDue: now > recorded.next, changed: false }
  }
  const isLate = now > expected
  const status = {
    last: undefined,
    next: isLate ? nextAfter(now) : expected,
    lastUpdated: isLate ? now : basis,
  }
  return { status, isPastDue: false, changed: true }
}
