/**
 * ISO 8601 durations as Service Bus writes them: days, hours, minutes, seconds (`P7D`, `PT1M30S`). Years, months and
 * weeks are left out on purpose: a month has no fixed length, and the emulator refuses weeks.
 */
const DURATION = /^P(?:(\d{1,5})D)?(T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$/

const MINUTE_SECONDS = 60
const HOUR_SECONDS = 60 * MINUTE_SECONDS
const DAY_SECONDS = 24 * HOUR_SECONDS

/** Seconds of a duration, or undefined when the text is not a duration (`P`, `PT`, `5 minutes`). */
export function parseDurationSeconds(text: string): number | undefined {
  const parts = DURATION.exec(text)
  // "P" and a "T" without anything after it name no length.
  if (parts === null || text === 'P' || parts[2] === 'T') return undefined
  const [days, hours, minutes, seconds] = [parts[1], parts[3], parts[4], parts[5]].map((part) =>
    Number(part ?? 0),
  )
  return (
    (days ?? 0) * DAY_SECONDS + (hours ?? 0) * HOUR_SECONDS + (minutes ?? 0) * MINUTE_SECONDS + (seconds ?? 0)
  )
}
