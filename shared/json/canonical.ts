import { isRawJson } from './raw-json.ts'

/**
 * Writes a JSON value as one stable text: no white space, members sorted by UTF-16 code unit, numbers as
 * `JSON.stringify` writes them (so 1.10, 1.1 and 11e-1 are one, and -0 is 0), integers kept as raw JSON with their
 * digits. Two bodies that mean the same have the same text; made for fingerprints. Members that are undefined are left
 * out. (RFC 8785 is the same but for integers beyond 2^53, which it would round.)
 * @throws TypeError for what is not JSON (bigint, function, Date, NaN and their like): a fingerprint that left them out would lie.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'object') return canonicalObject(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  throw new TypeError(`A ${typeof value} that JSON does not know cannot be written`)
}

function canonicalObject(value: object): string {
  if (isRawJson(value)) return value.rawJSON
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('Only plain objects are JSON')
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
