import { TURN_CHARACTERS } from '../turns/index.ts'
import { isRawJson } from './raw-json.ts'

/**
 * Writes a JSON value as one stable text: no white space, members sorted by UTF-16 code unit, numbers as
 * `JSON.stringify` writes them (so 1.10, 1.1 and 11e-1 are one, and -0 is 0), integers kept as raw JSON with their
 * digits. Two bodies that mean the same have the same text; made for fingerprints. Members that are undefined are left
 * out. (RFC 8785 is the same but for integers beyond 2^53, which it would round.)
 * @throws TypeError for what is not JSON (bigint, function, Date, NaN and their like): if it was left out, different
 *   values would get the same fingerprint.
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
  let text = ''
  for (const [name, member] of membersOf(value))
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`
  return `{${text}}`
}

function membersOf(value: object): [string, unknown][] {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('Only plain objects are JSON')
  }
  const members: [string, unknown][] = []
  // Without a comparison of our own `sort` goes by UTF-16 code units, and much faster.
  for (const name of Object.keys(value).sort()) {
    const member: unknown = Reflect.get(value, name)
    if (member !== undefined) members.push([name, member])
  }
  return members
}

/** Deep enough to reach into the data of every event in a body; what is nested deeper is written in one piece. */
const LEVELS_IN_PIECES = 8

/** The text of `canonicalJson` in pieces of about 64 Ki characters, so that other work can run between them. */
export function* canonicalPieces(value: unknown): Generator<string> {
  const written = { text: '' }
  if (typeof value !== 'object' || value === null || isRawJson(value)) written.text = canonicalJson(value)
  else yield* writePieces(value, written, LEVELS_IN_PIECES)
  yield written.text
}

function* writePieces(value: object, written: { text: string }, levels: number): Generator<string> {
  const isArray = Array.isArray(value)
  const members: readonly (readonly [number | string, unknown])[] = isArray
    ? [...value.entries()]
    : membersOf(value)
  written.text += isArray ? '[' : '{'
  for (const [place, [name, member]] of members.entries()) {
    if (place > 0) written.text += ','
    if (!isArray) written.text += `${JSON.stringify(name)}:`
    const isLong = levels > 0 && typeof member === 'object' && member !== null && !isRawJson(member)
    if (isLong) yield* writePieces(member, written, levels - 1)
    else written.text += canonicalJson(member)
    if (written.text.length < TURN_CHARACTERS) continue
    yield written.text
    written.text = ''
  }
  written.text += isArray ? ']' : '}'
}
