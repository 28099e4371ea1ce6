/** A time as PostgreSQL prints a timestamptz to a login in UTC: `2026-11-21 14:35:38.12+00`. */
export function timestamptzText(epochMs: number, microseconds = 0): string {
  const [date = '', rest = ''] = new Date(epochMs).toISOString().split('T')
  const [clock = '', millis = ''] = rest.slice(0, -1).split('.')
  const fraction = `${millis}${String(microseconds).padStart(3, '0')}`.replace(/0+$/, '')
  return `${date} ${clock}${fraction === '' ? '' : `.${fraction}`}+00`
}

/**
 * The same of an RFC 3339 text with at most microseconds. A JavaScript Date holds milliseconds; the digits behind them
 * are taken from the text.
 * @throws RangeError for a text of another form.
 */
export function timestamptzOfRfc3339(text: string): string {
  const [, toSecond = '', fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text) ?? []
  const epochMs = Date.parse(`${toSecond}${zone}`.toUpperCase())
  if (Number.isNaN(epochMs)) throw new RangeError(`${text} is not an RFC 3339 time with at most microseconds`)
  const micros = Number(fraction.padEnd(6, '0'))
  return timestamptzText(epochMs + Math.floor(micros / 1_000), micros % 1_000)
}

/** Orders two texts of `timestamptzText`: trailing zeros are left out there, so the fraction is filled up again. */
export function isBefore(left: string, right: string): boolean {
  return comparable(left) < comparable(right)
}

const comparable = (text: string): string => text.slice(0, -3).padEnd(20, '.').padEnd(26, '0')
