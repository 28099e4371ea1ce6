/** Values as .NET writes them, where a function gets to see the difference. */

/** DateTimeOffset.MaxValue, which stands for "never". */
const LAST_MOMENT = '9999-12-31T23:59:59.9999999'
/** The first moment that a DateTime can't hold. */
const TOO_LATE_MS = Date.UTC(10_000, 0)

/**
 * A DateTime without a kind: no `Z` at the end, no zeros at the end of the fraction. `new Date(text)` takes such a text as
 * local time. undefined means "never".
 */
export function dateTimeText(time: Date | undefined): string {
  const timeMs = time?.getTime() ?? Number.NaN
  if (time === undefined || Number.isNaN(timeMs) || timeMs >= TOO_LATE_MS) return LAST_MOMENT
  const text = time.toISOString()
  // Each message has four of these, so it is done without a regular expression.
  let end = text.length - 1
  while (text[end - 1] === '0') end--
  return text[end - 1] === '.' ? text.slice(0, end - 1) : text.slice(0, end)
}

/** A DateTimeOffset. */
export const dateTimeOffsetText = (time: Date | undefined): string => `${dateTimeText(time)}+00:00`

/** As Newtonsoft's reader knows a date in a string: ISO 8601, with at most seven digits of a second. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d)?$/u

/** A scalar of JSON turned into a string by a cast: True and False, and dates in the American order. */
export function castText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number' || !ISO_DATE.test(value)) return String(value)
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/u.test(value)
  const time = new Date(hasZone ? value : `${value}Z`)
  if (Number.isNaN(time.getTime())) return value
  const iso = time.toISOString()
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`
}
