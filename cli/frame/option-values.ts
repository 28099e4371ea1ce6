import { UsageError } from '../../packages/command-flags/index.ts'

/**
 * Reads a whole number.
 * @throws UsageError when the text is not a whole number, or out of range
 */
export function integerOption(text: string, option: string, range: { min: number; max: number }): number {
  const value = Number(text)
  if (/^\d+$/u.test(text) && value >= range.min && value <= range.max) return value
  throw new UsageError(`${option} takes a whole number from ${range.min} to ${range.max}, not "${text}".`)
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Reads a duration: a number of seconds, or a number with a unit (90s, 15m, 8h, 7d). Returns seconds.
 * @throws UsageError
 */
export function durationSeconds(text: string, option: string): number {
  const [, digits, unit] = /^(\d{1,9})([smhd]?)$/u.exec(text) ?? []
  const factor = unit === undefined ? undefined : (secondsOf[unit] ?? 1)
  const seconds = factor === undefined ? 0 : Number(digits) * factor
  if (seconds > 0) return seconds
  throw new UsageError(`${option} takes seconds, or a number with s, m, h or d (such as 15m), not "${text}".`)
}
