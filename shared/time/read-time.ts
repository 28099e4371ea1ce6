import { TrickleError } from '../errors/index.ts'

/** What a text says: the instant as `2026-11-21T14:30:00.123456Z`, or why it is no time that can be kept. */
export type TimeReading =
  | { readonly utc: string; readonly refusal?: undefined }
  | { readonly utc?: undefined; readonly refusal: string }

const FORM = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** PostgreSQL keeps microseconds. */
const FRACTION_DIGITS_KEPT = 6

/** The places on earth lie between -12:00 and +14:00; .NET and ADX take no offset beyond 14 hours, PostgreSQL none from 16 on. */
const OFFSET_MAX_MINUTES = 14 * 60

/** The years that RFC 3339, .NET, ADX and readers of years with four digits all accept. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59Z')
const MS_PER_MINUTE = 60_000

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/**
 * Reads an RFC 3339 date and time with its offset, lower-case `t` and `z` included.
 *
 * Digits beyond the sixth of a second are cut off, not rounded: .NET writes seven and Go nine, most of them mean nothing,
 * and rounding could carry a time into the next second, day or year (DateTime.MaxValue ends in .9999999).
 */
export function readTime(text: string): TimeReading {
  const match = FORM.exec(text)
  if (match === null) return { refusal: whyNoTime(text) }
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = match
  const [fraction = '', sign = '+', offsetHours = '00', offsetMinutes = '00'] = match.slice(7)
  const refusal = whyNoSuchTime({ year, month, day, hour, minute, second, offsetHours, offsetMinutes })
  if (refusal !== undefined) return { refusal }
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * MS_PER_MINUTE
  const localMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  const utcMs = sign === '-' ? localMs + offsetMs : localMs - offsetMs
  if (utcMs < FIRST_MS || utcMs > LAST_MS)
    return { refusal: 'lies outside the years 0001 to 9999 once it is brought to UTC' }
  const kept = fraction.slice(0, FRACTION_DIGITS_KEPT).replace(/0+$/, '')
  return { utc: `${new Date(utcMs).toISOString().slice(0, 19)}${kept === '' ? '' : `.${kept}`}Z` }
}

/**
 * The same, for times that no schema checks.
 * @param pointer where the time stands in the request.
 * @throws TrickleError VALIDATION_FAILED.
 */
export function utcTimeOf(text: string, pointer: string): string {
  const { utc, refusal } = readTime(text)
  if (utc !== undefined) return utc
  const message = refusal ?? ''
  throw new TrickleError('VALIDATION_FAILED', `${pointer}: ${message}`, { errors: [{ pointer, message }] })
}

interface Parts {
  readonly year: string
  readonly month: string
  readonly day: string
  readonly hour: string
  readonly minute: string
  readonly second: string
  readonly offsetHours: string
  readonly offsetMinutes: string
}

/** For a text of the right form: says which of its numbers does not exist. */
function whyNoSuchTime(parts: Parts): string | undefined {
  const { year, month, day, hour, minute, second, offsetHours, offsetMinutes } = parts
  const [monthNumber, dayNumber] = [Number(month), Number(day)]
  if (monthNumber < 1 || monthNumber > 12) return `has a month ${month}; months run from 01 to 12`
  if (dayNumber < 1 || dayNumber > daysOfMonth(Number(year), monthNumber))
    return `has a day that does not exist: ${year}-${month}-${day}`
  if (hour === '24') return 'has hour 24, which RFC 3339 does not know: write 00:00:00 of the next day'
  if (hour > '23') return `has an hour ${hour}; hours run from 00 to 23`
  if (minute > '59') return `has a minute ${minute}; minutes run from 00 to 59`
  if (second === '60')
    return 'has second 60: leap seconds are not supported; send second 59.999999, or second 00 of the next minute'
  if (second > '59') return `has a second ${second}; seconds run from 00 to 59`
  if (offsetMinutes > '59') return `has an offset with ${offsetMinutes} minutes; they run from 00 to 59`
  if (Number(offsetHours) * 60 + Number(offsetMinutes) > OFFSET_MAX_MINUTES)
    return 'has an offset beyond 14:00, which no place has: send the time in UTC, ending in Z'
  return undefined
}

function daysOfMonth(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 && isLeapYear ? 29 : (DAYS_OF_MONTH[month - 1] ?? 0)
}

const EXPECTED = 'must be an RFC 3339 time such as 2026-11-21T14:30:00Z or 2026-11-21T15:30:00.123456+01:00'

/** Names the mistakes that are most frequent. */
function whyNoTime(text: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/i.test(text))
    return `${EXPECTED}; this one has no zone: add Z for UTC, or an offset`
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)? \d\d:\d\d$/i.test(text))
    return `${EXPECTED}; this one has a space for the + of its offset: in a query, + is written %2B`
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d/.test(text))
    return `${EXPECTED}; this one has a space in the place of the T`
  if (/^[+-]\d{5,}/.test(text)) return `${EXPECTED}; this one has a year of more than four digits`
  return EXPECTED
}
