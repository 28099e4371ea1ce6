import {
  LAST_TICK,
  TICKS_PER_DAY,
  TICKS_PER_HOUR,
  TICKS_PER_MILLISECOND,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
  dateOfTicks,
  ticksOfUnixMs,
} from './ticks.ts'

/** The parts of a time that datetime_diff() and datetime_add() take. */
export const TIME_PARTS = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'nanosecond',
] as const

export type TimePart = (typeof TIME_PARTS)[number]

const MONTHS_PER_YEAR = 12
const MONTHS_PER_QUARTER = 3
const DAYS_PER_WEEK = 7n
const NANOSECONDS_PER_TICK = 100n

const unitTicks: Partial<Readonly<Record<TimePart, bigint>>> = {
  week: DAYS_PER_WEEK * TICKS_PER_DAY,
  day: TICKS_PER_DAY,
  hour: TICKS_PER_HOUR,
  minute: TICKS_PER_MINUTE,
  second: TICKS_PER_SECOND,
  millisecond: TICKS_PER_MILLISECOND,
  microsecond: 10n,
}

const monthsOf: Partial<Readonly<Record<TimePart, number>>> = {
  year: MONTHS_PER_YEAR,
  quarter: MONTHS_PER_QUARTER,
  month: 1,
}

/** How many borders of the part (midnights, first days of a month) lie between the second time and the first. */
export function timeDifference(part: TimePart, first: bigint, second: bigint): bigint {
  if (part === 'nanosecond') return (first - second) * NANOSECONDS_PER_TICK
  const months = monthsOf[part]
  if (months !== undefined) {
    return BigInt(Math.floor(monthNumber(first) / months) - Math.floor(monthNumber(second) / months))
  }
  const unit = unitTicks[part] ?? 1n
  // 0001-01-01 was a Monday, and weeks begin on Sunday.
  const shift = part === 'week' ? TICKS_PER_DAY : 0n
  return (first + shift) / unit - (second + shift) / unit
}

function monthNumber(ticks: bigint): number {
  const date = dateOfTicks(ticks)
  return date.getUTCFullYear() * MONTHS_PER_YEAR + date.getUTCMonth()
}

/** The time moved by some parts. A day that the month does not have becomes its last one. Null outside of the years. */
export function addTime(part: TimePart, amount: bigint, ticks: bigint): bigint | null {
  if (part === 'nanosecond') return within(ticks + amount / NANOSECONDS_PER_TICK)
  const months = monthsOf[part]
  if (months === undefined) return within(ticks + amount * (unitTicks[part] ?? 1n))
  const number = monthNumber(ticks) + Number(amount) * months
  const [year, month] = [Math.floor(number / MONTHS_PER_YEAR), number % MONTHS_PER_YEAR]
  if (year < 1 || year > 9999) return null
  const lastDay = dateOf(year, month + 1, 0).getUTCDate()
  const day = Math.min(dateOfTicks(ticks).getUTCDate(), lastDay)
  return within(ticksOfUnixMs(dateOf(year, month, day).getTime()) + (ticks % TICKS_PER_DAY))
}

function dateOf(year: number, month: number, day: number): Date {
  const date = new Date(0)
  // Date.UTC() would take the years below 100 for those of the last century.
  date.setUTCFullYear(year, month, day)
  return date
}

function within(ticks: bigint): bigint | null {
  return ticks < 0n || ticks > LAST_TICK ? null : ticks
}

export type Period = 'day' | 'month' | 'week' | 'year'

/** The begin of the day, week (Sunday), month or year, moved by `offset` of them. */
export function startOfPeriod(period: Period, ticks: bigint, offset: bigint): bigint | null {
  const midnight = ticks - (ticks % TICKS_PER_DAY)
  const date = dateOfTicks(midnight)
  const starts = {
    day: midnight,
    week: midnight - weekday(ticks) * TICKS_PER_DAY,
    month: ticksOfUnixMs(dateOf(date.getUTCFullYear(), date.getUTCMonth(), 1).getTime()),
    year: ticksOfUnixMs(dateOf(date.getUTCFullYear(), 0, 1).getTime()),
  }
  return addTime(period, offset, starts[period])
}

/** Days since Sunday. */
function weekday(ticks: bigint): bigint {
  return (ticks / TICKS_PER_DAY + 1n) % DAYS_PER_WEEK
}

/** What dayofweek() (a timespan of days), dayofmonth(), hourofday(), getmonth() and getyear() give. */
export function timeField(name: string, ticks: bigint): bigint {
  const date = dateOfTicks(ticks)
  switch (name) {
    case 'dayofweek':
      return weekday(ticks) * TICKS_PER_DAY
    case 'dayofmonth':
      return BigInt(date.getUTCDate())
    case 'hourofday':
      return BigInt(date.getUTCHours())
    case 'getmonth':
    case 'monthofyear':
      return BigInt(date.getUTCMonth() + 1)
    case 'getyear':
      return BigInt(date.getUTCFullYear())
    default:
      throw new Error(`There is no part '${name}' of a time.`)
  }
}
