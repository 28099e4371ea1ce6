/**
 * .NET's TimeSpan text, as host.json (`functionTimeout`) and timer schedules use it.
 *
 * Forms: `d`, `[d.]hh:mm[:ss[.fffffff]]`, `dd:hh:mm:ss`, each with an optional leading minus.
 * A trap is kept on purpose: `24:00:00` is 24 days, not 24 hours. The first of three parts counts as hours only below
 * 24 (documented for timer triggers). A schedule must mean the same here as on the platform.
 */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const WHOLE_DAYS = /^(\d{1,8})$/
const DOTTED = /^(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/
const FOUR_PARTS = /^(\d{1,8}):(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/
const THREE_PARTS_OF_DAYS = /^(\d{1,8}):(\d{1,2}):(\d{1,2})$/

interface TimeParts {
  readonly days: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly fraction: string
}

/** Milliseconds of a TimeSpan text, or undefined when .NET would refuse it. */
export function parseTimeSpan(text: string): number | undefined {
  const trimmed = text.trim()
  const negative = trimmed.startsWith('-')
  const parts = readParts(negative ? trimmed.slice(1) : trimmed)
  if (parts === undefined || parts.hours > 23 || parts.minutes > 59 || parts.seconds > 59) return undefined
  const fractionMs = Math.trunc(Number(`0.${parts.fraction || '0'}`) * SECOND_MS)
  const totalMs =
    parts.days * DAY_MS +
    parts.hours * HOUR_MS +
    parts.minutes * MINUTE_MS +
    parts.seconds * SECOND_MS +
    fractionMs
  return negative ? -totalMs : totalMs
}

function readParts(text: string): TimeParts | undefined {
  const days = WHOLE_DAYS.exec(text)
  if (days !== null) return { days: Number(days[1]), hours: 0, minutes: 0, seconds: 0, fraction: '' }
  const clock = DOTTED.exec(text)
  if (clock !== null && Number(clock[2]) < 24) {
    const [, dayText, hours, minutes, seconds, fraction] = clock
    return {
      days: Number(dayText ?? 0),
      hours: Number(hours),
      minutes: Number(minutes),
      seconds: Number(seconds ?? 0),
      fraction: fraction ?? '',
    }
  }
  const long = FOUR_PARTS.exec(text)
  if (long !== null) {
    const [, dayText, hours, minutes, seconds, fraction] = long
    return {
      days: Number(dayText),
      hours: Number(hours),
      minutes: Number(minutes),
      seconds: Number(seconds),
      fraction: fraction ?? '',
    }
  }
  const short = THREE_PARTS_OF_DAYS.exec(text)
  if (short === null) return undefined
  return {
    days: Number(short[1]),
    hours: Number(short[2]),
    minutes: Number(short[3]),
    seconds: 0,
    fraction: '',
  }
}

/** A duration in whole seconds as the host prints it: `hh:mm:ss`, with days in front when there are any. */
export function formatTimeSpan(durationMs: number): string {
  const pair = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const days = Math.floor(durationMs / DAY_MS)
  const clock = [
    (durationMs % DAY_MS) / HOUR_MS,
    (durationMs % HOUR_MS) / MINUTE_MS,
    (durationMs % MINUTE_MS) / SECOND_MS,
  ]
  return `${days > 0 ? `${days}.` : ''}${clock.map(pair).join(':')}`
}
