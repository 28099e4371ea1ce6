import { TrickleError } from '../errors/index.ts'
import { classifyNumber, SAFE_NUMBER_CHARACTERS } from './exact-number.ts'
import { pointersAt } from './pointers-at.ts'
import { type ReviverContext } from './raw-json.ts'
import { endOfNumber, scanJsonText } from './scan.ts'
import { describePosition, findSyntaxError } from './syntax-error.ts'
import { findUnsafeText, mayHoldUnsafeText } from './unsafe-text.ts'

export interface ParseExactOptions {
  /** How deep arrays and objects may nest; a scalar has depth 0. */
  readonly maxDepth?: number
}

/** PostgreSQL's JSON parser recurses and stops at its stack limit; no sensible event nests anywhere near this deep. */
export const defaultMaxDepth = 100
/** As many as a client will mend at once; more would make the answer as long as the body. */
const MAX_PROBLEMS = 20
/** A number can be as long as the body; this much is enough to find it. */
const MAX_SHOWN_NUMBER_CHARACTERS = 40

/**
 * Parses a JSON text (RFC 8259) without loss: the value holds doubles where they say exactly what the text says, and
 * raw JSON (`isRawJson`) for integers within int64 that a double would change. `__proto__` becomes an ordinary own
 * member. Of members with the same name the last one counts, as in PostgreSQL's jsonb.
 *
 * Cost: one scan beside `JSON.parse` (about a third of it); only texts with integers beyond 2^53 go through a reviver.
 * @throws TrickleError MALFORMED_JSON (with line and column), JSON_TOO_DEEP, NUMBER_NOT_EXACT, INVALID_TEXT (with pointers).
 */
export function parseExactJson(text: string, options: ParseExactOptions = {}): unknown {
  const maxDepth = options.maxDepth ?? defaultMaxDepth
  const scan = scanJsonText(text, maxDepth)
  if (scan.isTooDeep) {
    throw new TrickleError(
      'JSON_TOO_DEEP',
      `Arrays and objects nest deeper than ${maxDepth} levels. Flatten the document.`,
    )
  }
  const value = parse(text, scan.needsRawIntegers ? keepRawIntegers : undefined)
  if (scan.inexactOffsets.length > 0) throw notExact(text, scan.inexactOffsets)
  if (mayHoldUnsafeText(text)) refuseUnsafeText(value)
  return value
}

type Reviver = (key: string, value: unknown, context: ReviverContext) => unknown

function parse(text: string, reviver: Reviver | undefined): unknown {
  try {
    return reviver === undefined ? JSON.parse(text) : JSON.parse(text, reviver)
  } catch {
    // The engine's own message is not used: it quotes the text, and often lacks the position.
    throw malformed(text)
  }
}

const keepRawIntegers: Reviver = (_key, value, { source }) => {
  if (typeof value !== 'number' || source === undefined || source.length <= SAFE_NUMBER_CHARACTERS)
    return value
  return classifyNumber(source) === 'rawInteger' ? JSON.rawJSON(source) : value
}

function malformed(text: string): TrickleError {
  const found = findSyntaxError(text)
  if (found === undefined) return new TrickleError('MALFORMED_JSON', 'The text is not valid JSON.')
  const { line, column } = describePosition(text, found.offset)
  return new TrickleError(
    'MALFORMED_JSON',
    `The text is not valid JSON at line ${line}, column ${column}: ${found.message}.`,
    { extensions: { line, column } },
  )
}

function notExact(text: string, offsets: readonly number[]): TrickleError {
  const pointers = pointersAt(text, offsets)
  const errors = offsets.map((offset, index) => ({
    pointer: pointers[index] ?? '',
    message: `${shorten(text.slice(offset, endOfNumber(text, offset)))} would lose value`,
  }))
  const where = errors.slice(0, 1).map(({ pointer, message }) => ` (first at "${pointer}": ${message})`)
  return new TrickleError(
    'NUMBER_NOT_EXACT',
    `A number can be kept only as an integer of 64 bits or as a double that says the same${where.join('')}. Send it as a string.`,
    { errors },
  )
}

function shorten(source: string): string {
  if (source.length <= MAX_SHOWN_NUMBER_CHARACTERS) return source
  return `${source.slice(0, MAX_SHOWN_NUMBER_CHARACTERS)}…`
}

function refuseUnsafeText(value: unknown): void {
  const errors = findUnsafeText(value, MAX_PROBLEMS)
  const first = errors[0]
  if (first === undefined) return
  throw new TrickleError(
    'INVALID_TEXT',
    `At "${first.pointer}" ${first.message}, which cannot be stored. Remove or replace it.`,
    { errors },
  )
}
