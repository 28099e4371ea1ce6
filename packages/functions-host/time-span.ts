/**
 * .NET's TimeSpan text, as host.json (`functionTimeout`) and timer schedules use it.
 *
 * Forms: `d`, `[d.]hh:mm[:ss[.fffffff]]`, `dd:hh:mm:ss`, each with an optional leading minus.
 * The trap kept on purpose: `24:00:00` is 24 days, not 24 hours, since the first of three parts is hours only
 * below 24 (documented for timer triggers; a schedule that works here must mean the same on the platform).
 */

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const wholeDays = /^(\d{1,8})$/
const dotted = /^(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/
const fourParts = /^(\d{1,8}):(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/
const threePartsOfDays = /^(\d{1,8}):(\d{1,2}):(\d{1,2})$/

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
  const fractionMs = Math.trunc(Number(`0.${parts.fraction || '0'}`) * secondMs)
  const totalMs =
    parts.days * dayMs +
    parts.hours * hourMs +
    parts.minutes * minuteMs +
    parts.seconds * secondMs +
    fractionMs
  return negative ? -totalMs : totalMs
}

function readParts(text: string): TimeParts | undefined {
  const days = wholeDays.exec(text)
  if (days !== null) return { days: Number(days[1]), hours: 0, minutes: 0, seconds: 0, fraction: '' }
  const clock = dotted.exec(text)
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
  const long = fourParts.exec(text)
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
  const short = threePartsOfDays.exec(text)
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
  const days = Math.floor(durationMs / dayMs)
  const clock = [
    (durationMs % dayMs) / hourMs,
    (durationMs % hourMs) / minuteMs,
    (durationMs % minuteMs) / secondMs,
  ]
  return `${days > 0 ? `${days}.` : ''}${clock.map(pair).join(':')}`
}
