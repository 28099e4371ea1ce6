/**
 * NCRONTAB expressions as the platform reads them: 5 fields, or 6 with seconds in front.
 *
 * - Day of month AND day of week must both hold.
 * - `*`, lists, ranges, `*` + `/n`, `a-b/n`; `5/15` means from 5 to the end by 15; a reversed range is swapped.
 * - Months and days by name, any beginning of it, in any case; days of the week are 0 to 6 with Sunday as 0.
 * - No L, W, #, ? and no @daily.
 *
 * Times are UTC: the Flex Consumption plan has no other time zone, so a schedule means the same here and there.
 * Source: NCrontab (CrontabSchedule.cs, CrontabFieldImpl.cs, CrontabField.cs); azure-webjobs-sdk-extensions,
 * CronSchedule.cs (5 or 6 fields).
 */

interface FieldKind {
  readonly smallest: number
  readonly largest: number
  readonly names?: readonly string[]
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const fieldKinds: readonly FieldKind[] = [
  { smallest: 0, largest: 59 },
  { smallest: 0, largest: 59 },
  { smallest: 0, largest: 23 },
  { smallest: 1, largest: 31 },
  { smallest: 1, largest: 12, names: MONTHS },
  { smallest: 0, largest: 6, names: WEEKDAYS },
]

/** 29 February on a given weekday can be 40 years away. If no date is found in this time, there is none. */
const SEARCHED_YEARS = 50

/** The values each field allows, sorted: seconds, minutes, hours, days, months, weekdays. */
export interface CronSchedule {
  readonly seconds: readonly number[]
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  readonly months: readonly number[]
  readonly weekdays: readonly number[]
}

/** The schedule of an expression, or undefined when the platform would refuse it. */
export function parseCron(expression: string): CronSchedule | undefined {
  const texts = expression.split(' ').filter((text) => text !== '')
  if (texts.length !== 5 && texts.length !== 6) return undefined
  const withSeconds = texts.length === 5 ? ['0', ...texts] : texts
  const fields = withSeconds.map((text, index) =>
    parseField(text, fieldKinds[index] ?? { smallest: 0, largest: 0 }),
  )
  const [seconds, minutes, hours, days, monthNumbers, dayNumbers] = fields
  if (!seconds || !minutes || !hours || !days || !monthNumbers || !dayNumbers) return undefined
  return { seconds, minutes, hours, days, months: monthNumbers, weekdays: dayNumbers }
}

function parseField(text: string, kind: FieldKind): number[] | undefined {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const range = parseRange(part, kind)
    if (range === undefined) return undefined
    for (let value = range.first; value <= range.last; value += range.step) values.add(value)
  }
  return [...values].sort((left, right) => left - right)
}

function parseRange(
  part: string,
  kind: FieldKind,
): { first: number; last: number; step: number } | undefined {
  const [, base = '', stepText] = /^([^/]+)(?:\/(.*))?$/.exec(part) ?? []
  if (stepText !== undefined && !/^[+-]?\d+$/.test(stepText)) return undefined
  // A step below one counts as one, as NCrontab does.
  const step = Math.max(1, Number(stepText ?? 1))
  if (base === '*') return { first: kind.smallest, last: kind.largest, step }
  const dash = base.indexOf('-')
  const from = parseValue(dash > 0 ? base.slice(0, dash) : base, kind)
  const openEnd = stepText === undefined ? from : kind.largest
  const to = dash > 0 ? parseValue(base.slice(dash + 1), kind) : openEnd
  if (from === undefined || to === undefined) return undefined
  return { first: Math.min(from, to), last: Math.max(from, to), step }
}

function parseValue(text: string, kind: FieldKind): number | undefined {
  if (/^\d+$/.test(text)) {
    const value = Number(text)
    return value >= kind.smallest && value <= kind.largest ? value : undefined
  }
  if (text === '' || /^\d/.test(text)) return undefined
  const index = kind.names?.findIndex((name) => name.startsWith(text.toLowerCase())) ?? -1
  return index === -1 ? undefined : index + kind.smallest
}

/** The first time of the schedule after `after`, to the whole second; undefined when there is none. */
export function nextCronTime(schedule: CronSchedule, after: Date): Date | undefined {
  const start = new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000)
  const startDay = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate())
  const firstYear = start.getUTCFullYear()
  for (let year = firstYear; year <= firstYear + SEARCHED_YEARS; year++) {
    for (const month of schedule.months) {
      for (const day of schedule.days) {
        const date = new Date(Date.UTC(year, month - 1, day))
        const exists = date.getUTCMonth() === month - 1
        if (!exists || date.getTime() < startDay || !schedule.weekdays.includes(date.getUTCDay())) continue
        const secondOfDay = date.getTime() === startDay ? (start.getTime() - startDay) / 1_000 : 0
        const found = nextSecondOfDay(schedule, secondOfDay)
        if (found !== undefined) return new Date(date.getTime() + found * 1_000)
      }
    }
  }
  return undefined
}

/** The first second of a day, at or after `from`, that hours, minutes and seconds allow. */
function nextSecondOfDay(schedule: CronSchedule, from: number): number | undefined {
  const firstSecond = schedule.seconds[0] ?? 0
  const firstMinute = schedule.minutes[0] ?? 0
  const [fromHour, fromMinute] = [Math.floor(from / 3_600), Math.floor((from % 3_600) / 60)]
  for (const hour of schedule.hours) {
    if (hour < fromHour) continue
    if (hour > fromHour) return hour * 3_600 + firstMinute * 60 + firstSecond
    for (const minute of schedule.minutes) {
      if (minute < fromMinute) continue
      if (minute > fromMinute) return hour * 3_600 + minute * 60 + firstSecond
      const second = schedule.seconds.find((value) => value >= from % 60)
      if (second !== undefined) return hour * 3_600 + minute * 60 + second
    }
  }
  return undefined
}
