/**
 * Kusto's datetime and timespan are counts of 100 ns ticks, as in .NET; a datetime counts from the year 1 (UTC).
 */

export const TICKS_PER_MILLISECOND = 10_000n
export const TICKS_PER_SECOND = 10_000_000n
export const TICKS_PER_MINUTE = 60n * TICKS_PER_SECOND
export const TICKS_PER_HOUR = 60n * TICKS_PER_MINUTE
export const TICKS_PER_DAY = 24n * TICKS_PER_HOUR

/** Milliseconds from 0001-01-01 to 1970-01-01. */
const UNIX_EPOCH_MS = 62_135_596_800_000n
/** 9999-12-31T23:59:59.9999999Z */
export const LAST_TICK = 3_155_378_975_999_999_999n
/** A .NET TimeSpan is an int64 of ticks. */
const TIMESPAN_TICKS_MAX = 9_223_372_036_854_775_807n

const FRACTION_DIGITS = 7

const DATETIME_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/u

const TIMESPAN_PATTERN = /^(-)?(?:(\d{1,8})\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/u

/** The ticks of an ISO 8601 date or date and time (UTC when it names no zone). Undefined when the text is neither, or
 * outside the years 1 to 9999. */
export function parseDatetime(text: string): bigint | undefined {
  const match = DATETIME_PATTERN.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction, zone] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || Number(year) < 1) return undefined
  const start = dayTicks(Number(year), Number(month), Number(day))
  const offset = offsetTicks(zone)
  if (start === undefined || offset === undefined) return undefined
  const time =
    BigInt(hour) * TICKS_PER_HOUR + BigInt(minute) * TICKS_PER_MINUTE + BigInt(second) * TICKS_PER_SECOND
  const ticks = start + time + fractionTicks(fraction) - offset
  return ticks < 0n || ticks > LAST_TICK ? undefined : ticks
}

function dayTicks(year: number, month: number, day: number): bigint | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // 30 February would silently become 2 March.
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return undefined
  return (BigInt(date.getTime()) + UNIX_EPOCH_MS) * TICKS_PER_MILLISECOND
}

function offsetTicks(zone: string | undefined): bigint | undefined {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0n
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const hours = BigInt(digits.slice(0, 2))
  const minutes = BigInt(digits.slice(2))
  if (hours > 14n || minutes > 59n) return undefined
  const ticks = hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE
  return zone.startsWith('-') ? -ticks : ticks
}

function fractionTicks(digits: string | undefined): bigint {
  // Finer than a tick is cut off, not rounded.
  return digits === undefined ? 0n : BigInt(digits.slice(0, FRACTION_DIGITS).padEnd(FRACTION_DIGITS, '0'))
}

/** The ticks of `[-][d.]hh:mm[:ss[.fffffff]]`; undefined when the text has another form. */
export function parseTimespan(text: string): bigint | undefined {
  const match = TIMESPAN_PATTERN.exec(text.trim())
  if (match === null) return undefined
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0', fraction] = match
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const ticks =
    BigInt(days) * TICKS_PER_DAY +
    BigInt(hours) * TICKS_PER_HOUR +
    BigInt(minutes) * TICKS_PER_MINUTE +
    BigInt(seconds) * TICKS_PER_SECOND +
    fractionTicks(fraction)
  if (ticks > TIMESPAN_TICKS_MAX) return undefined
  return sign === undefined ? ticks : -ticks
}

export function ticksOfUnixMs(unixMs: number): bigint {
  return (BigInt(unixMs) + UNIX_EPOCH_MS) * TICKS_PER_MILLISECOND
}

/** The moment without what is finer than a millisecond. */
export function dateOfTicks(ticks: bigint): Date {
  return new Date(Number(ticks / TICKS_PER_MILLISECOND - UNIX_EPOCH_MS))
}

/** `2026-01-31T12:34:56.1234567Z`, always with seven digits: what `tostring()` gives. */
export function formatDatetime(ticks: bigint): string {
  const seconds = dateOfTicks(ticks).toISOString().slice(0, 19)
  return `${seconds}.${String(ticks % TICKS_PER_SECOND).padStart(FRACTION_DIGITS, '0')}Z`
}

/** The form in answers: without trailing zeros. */
export function formatDatetimeShort(ticks: bigint): string {
  return formatDatetime(ticks).replace(/\.?0*Z$/u, 'Z')
}

/** `[-][d.]hh:mm:ss[.fffffff]` */
export function formatTimespan(ticks: bigint): string {
  const size = ticks < 0n ? -ticks : ticks
  const days = size / TICKS_PER_DAY
  const fraction = size % TICKS_PER_SECOND
  const clock = [
    (size / TICKS_PER_HOUR) % 24n,
    (size / TICKS_PER_MINUTE) % 60n,
    (size / TICKS_PER_SECOND) % 60n,
  ].map((part) => twoDigits(part))
  return [
    ticks < 0n ? '-' : '',
    days === 0n ? '' : `${days}.`,
    clock.join(':'),
    fraction === 0n ? '' : `.${String(fraction).padStart(FRACTION_DIGITS, '0')}`,
  ].join('')
}

function twoDigits(value: bigint): string {
  return String(value).padStart(2, '0')
}

const unitTicks: Readonly<Record<string, bigint>> = {
  ...spelled(TICKS_PER_DAY, ['d', 'day', 'days']),
  ...spelled(TICKS_PER_HOUR, ['h', 'hr', 'hrs', 'hour', 'hours']),
  ...spelled(TICKS_PER_MINUTE, ['m', 'min', 'minute', 'minutes']),
  ...spelled(TICKS_PER_SECOND, ['s', 'sec', 'second', 'seconds']),
  ...spelled(TICKS_PER_MILLISECOND, ['ms', 'milli', 'millis', 'millisecond', 'milliseconds']),
  ...spelled(10n, ['micro', 'micros', 'microsecond', 'microseconds']),
  ...spelled(1n, ['tick', 'ticks']),
}

function spelled(ticks: bigint, units: readonly string[]): Record<string, bigint> {
  return Object.fromEntries(units.map((unit) => [unit, ticks]))
}

/** The units of timespan literals such as 1d and 5min. */
export const timespanUnits: readonly string[] = Object.keys(unitTicks)

/** The ticks of a KQL literal such as `1d`, `1.5h`, `30m`, `10s`, `100ms`; undefined when the text is not one. */
export function parseTimespanLiteral(text: string): bigint | undefined {
  const match = /^(-)?(\d+)(?:\.(\d+))?([a-z]+)$/u.exec(text.trim())
  if (match === null || !Object.hasOwn(unitTicks, match[4] ?? '')) return undefined
  const [, sign, whole = '0', fraction = '', unit = 'tick'] = match
  const scale = unitTicks[unit] ?? 1n
  const ticks = (BigInt(whole + fraction) * scale) / 10n ** BigInt(fraction.length)
  return sign === undefined ? ticks : -ticks
}
