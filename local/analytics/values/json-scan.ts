import { JSON_DEPTH_MAX } from '../limits.ts'

/**
 * A strict reader of JSON text (RFC 8259). It finds where values begin and end, and leaves their text unchanged.
 * `JSON.parse` would turn 9007199254740993 into another number, and would lose how 1.10 was written.
 */

export class JsonTextError extends Error {
  override readonly name = 'JsonTextError'
  /** Index of the first character that is not allowed. */
  readonly position: number

  constructor(message: string, position: number) {
    super(`${message} at character ${position}`)
    this.position = position
  }
}

/** A value inside a text: from `start` to before `end`. */
export interface JsonSpan {
  readonly start: number
  readonly end: number
}

const QUOTE = 34
const BACKSLASH = 92
const NUMBER_PATTERN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy
const ESCAPE_PATTERN = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy

export function skipWhitespace(text: string, start: number): number {
  let position = start
  for (;;) {
    const code = text.charCodeAt(position)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return position
    position += 1
  }
}

/** The end of the string at `start`. @throws JsonTextError */
export function scanString(text: string, start: number): number {
  let position = start + 1
  for (;;) {
    const code = text.charCodeAt(position)
    if (code === QUOTE) return position + 1
    if (code === BACKSLASH) {
      ESCAPE_PATTERN.lastIndex = position
      if (!ESCAPE_PATTERN.test(text)) throw new JsonTextError('Wrong escape', position)
      position = ESCAPE_PATTERN.lastIndex
    } else if (code < 32 || Number.isNaN(code)) {
      throw new JsonTextError(
        Number.isNaN(code) ? 'Text ends inside a string' : 'Control character',
        position,
      )
    } else {
      position += 1
    }
  }
}

/** Called for each member of an object with its key's and its value's span. */
type MemberVisitor = (key: JsonSpan, value: JsonSpan) => void
type ElementVisitor = (value: JsonSpan) => void

/** The end of the object at `start`. @throws JsonTextError */
export function scanObject(text: string, start: number, depth: number, visit?: MemberVisitor): number {
  if (depth > JSON_DEPTH_MAX) throw new JsonTextError('Too many objects and arrays inside each other', start)
  let position = skipWhitespace(text, start + 1)
  if (text[position] === '}') return position + 1
  for (;;) {
    if (text.charCodeAt(position) !== QUOTE) throw new JsonTextError('Expected a property name', position)
    const keyEnd = scanString(text, position)
    const key = { start: position, end: keyEnd }
    position = skipWhitespace(text, keyEnd)
    if (text[position] !== ':') throw new JsonTextError('Expected a colon', position)
    const valueStart = skipWhitespace(text, position + 1)
    const valueEnd = scanValue(text, valueStart, depth)
    visit?.(key, { start: valueStart, end: valueEnd })
    position = skipWhitespace(text, valueEnd)
    if (text[position] === '}') return position + 1
    if (text[position] !== ',') throw new JsonTextError('Expected a comma or a closing brace', position)
    position = skipWhitespace(text, position + 1)
  }
}

/** The end of the array at `start`. @throws JsonTextError */
export function scanArray(text: string, start: number, depth: number, visit?: ElementVisitor): number {
  if (depth > JSON_DEPTH_MAX) throw new JsonTextError('Too many objects and arrays inside each other', start)
  let position = skipWhitespace(text, start + 1)
  if (text[position] === ']') return position + 1
  for (;;) {
    const valueEnd = scanValue(text, position, depth)
    visit?.({ start: position, end: valueEnd })
    position = skipWhitespace(text, valueEnd)
    if (text[position] === ']') return position + 1
    if (text[position] !== ',') throw new JsonTextError('Expected a comma or a closing bracket', position)
    position = skipWhitespace(text, position + 1)
  }
}

/** The end of the value at `start` (which must not be white space). @throws JsonTextError */
export function scanValue(text: string, start: number, depth = 0): number {
  switch (text[start]) {
    case '{':
      return scanObject(text, start, depth + 1)
    case '[':
      return scanArray(text, start, depth + 1)
    case '"':
      return scanString(text, start)
    case 't':
      return scanWord(text, start, 'true')
    case 'f':
      return scanWord(text, start, 'false')
    case 'n':
      return scanWord(text, start, 'null')
    case undefined:
      throw new JsonTextError('Text ends where a value is expected', start)
    default:
      return scanNumber(text, start)
  }
}

function scanWord(text: string, start: number, word: string): number {
  if (!text.startsWith(word, start)) throw new JsonTextError('Unexpected character', start)
  return start + word.length
}

function scanNumber(text: string, start: number): number {
  NUMBER_PATTERN.lastIndex = start
  if (!NUMBER_PATTERN.test(text)) throw new JsonTextError('Unexpected character', start)
  return NUMBER_PATTERN.lastIndex
}

/** The value of the JSON string at a span, with quotes and escapes resolved. */
export function stringOfSpan(text: string, span: JsonSpan): string {
  const inner = text.slice(span.start + 1, span.end - 1)
  return inner.includes('\\') ? (JSON.parse(text.slice(span.start, span.end)) as string) : inner
}

/** The members of the object at `start`. If a key comes twice, the last one counts. @throws JsonTextError */
export function membersOfObject(
  text: string,
  start: number,
): { members: Map<string, JsonSpan>; end: number } {
  const members = new Map<string, JsonSpan>()
  const end = scanObject(text, start, 1, (key, value) => {
    members.set(stringOfSpan(text, key), value)
  })
  return { members, end }
}
