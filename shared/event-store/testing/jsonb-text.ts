/**
 * A JSON text as PostgreSQL's jsonb prints it. Members are ordered by the length of their names in bytes and then by
 * these bytes. If a member is given twice, the last one stays. The separators are `, ` and `: `. Numbers are written
 * out without exponent and with the decimals that they were given with (1.10 stays 1.10, 1E5 is 100000, -0 is 0).
 */
export function jsonbText(json: string): string {
  return write(parseWithDigits(json), (token) => numericText(token))
}

/** A text that is equal for two JSON texts that jsonb calls equal: to jsonb 1.5 and 1.50 are the same number. */
export function jsonbIdentity(json: string): string {
  return write(parseWithDigits(json), (token) => withoutTrailingZeros(numericText(token)))
}

/** Numbers become JSON.rawJSON, so that none is rounded to a double. */
function parseWithDigits(json: string): unknown {
  return JSON.parse(json, (_name, value: unknown, { source }) =>
    typeof value === 'number' && source !== undefined ? JSON.rawJSON(source) : value,
  )
}

function write(value: unknown, number: (token: string) => string): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (JSON.isRawJSON(value)) return number(value.rawJSON)
  if (Array.isArray(value)) return `[${value.map((item) => write(item, number)).join(', ')}]`
  const members = Object.entries(value)
    .map(([name, member]) => ({ name, bytes: Buffer.from(name), member: member as unknown }))
    .sort((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes))
    .map(({ name, member }) => `${JSON.stringify(name)}: ${write(member, number)}`)
  return `{${members.join(', ')}}`
}

/** A JSON number as PostgreSQL's numeric prints it: its scale is the number of decimals minus the exponent. */
function numericText(token: string): string {
  const isNegative = token.startsWith('-')
  const [mantissa = '', exponent = '0'] = token.slice(isNegative ? 1 : 0).split(/e/i)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const shift = Number(exponent)
  const digits =
    shift >= 0 ? (whole + fraction).padEnd(whole.length + shift, '0') : '0'.repeat(-shift) + whole + fraction
  const point = whole.length + Math.max(shift, 0)
  const integer = digits.slice(0, point).replace(/^0+(?=\d)/, '')
  const decimals = digits.slice(point)
  const text = decimals === '' ? integer : `${integer}.${decimals}`
  return isNegative && /[1-9]/.test(text) ? `-${text}` : text
}

const withoutTrailingZeros = (text: string): string =>
  text.includes('.') ? text.replace(/\.?0+$/, '') : text
