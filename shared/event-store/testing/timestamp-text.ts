import { utcTimeOf } from '../../time/index.ts'

/** A time as PostgreSQL prints a timestamptz to a login in UTC: `2026-11-21 14:35:38.12+00`. */
export function timestamptzText(epochMs: number, microseconds = 0): string {
  const [date = '', rest = ''] = new Date(epochMs).toISOString().split('T')
  const [clock = '', millis = ''] = rest.slice(0, -1).split('.')
  const fraction = `${millis}${String(microseconds).padStart(3, '0')}`.replace(/0+$/, '')
  return `${date} ${clock}${fraction === '' ? '' : `.${fraction}`}+00`
}

/**
 * The same form for an RFC 3339 text.
 * @param pointer where it is in the request.
 * @throws TrickleError VALIDATION_FAILED for a time that can't be kept.
 */
export function timestamptzOfRfc3339(text: string, pointer: string): string {
  const utc = utcTimeOf(text, pointer)
  return `${utc.slice(0, 10)} ${utc.slice(11, -1)}+00`
}

/** Compares two texts of `timestamptzText`. They have no trailing zeros, so the fraction is filled up with zeros. */
export function isBefore(left: string, right: string): boolean {
  return comparable(left) < comparable(right)
}

const comparable = (text: string): string => text.slice(0, -3).padEnd(20, '.').padEnd(26, '0')
