/**
 * RFC 3339 of a timestamptz as PostgreSQL prints it for our logins, whose time zone is UTC by role default:
 * '2026-11-21 14:35:38.12+00' becomes '2026-11-21T14:35:38.12Z'. Text in, text out: a JavaScript Date would cut the
 * microseconds. Any other zone (a role whose default was changed) is converted, at millisecond precision.
 */
export function timestampOfText(text: string): string {
  if (text.endsWith('+00') && text.charAt(10) === ' ') return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`
  const millis = Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
  return Number.isNaN(millis) ? text : new Date(millis).toISOString()
}
