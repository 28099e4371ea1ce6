/**
 * Finds where a text stops being JSON (RFC 8259). Used only after `JSON.parse` has refused it: the engine's message
 * quotes the text, which may be confidential, and gives no position for some faults.
 */
export interface SyntaxFault {
  /** Index of the UTF-16 unit where the text goes wrong; the length of the text where it ends too soon. */
  readonly offset: number
  /** What was expected, in words. */
  readonly message: string
}

type Expectation = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd' | 'nothing'

const expectedWords: Record<Exclude<Expectation, 'commaOrEnd'>, string> = {
  value: 'a value is expected',
  valueOrEnd: 'a value or "]" is expected',
  name: 'a member name in double quotes is expected',
  nameOrEnd: 'a member name in double quotes or "}" is expected',
  colon: '":" is expected after a member name',
  nothing: 'nothing is expected after the value',
}

/** Sticky patterns for tokens of bounded length; strings are read by a loop, which works for any length. */
const WHITESPACE = /[ \t\n\r]*/y
const LITERAL_OR_NUMBER = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y

/** The first fault of a text, or undefined where it is valid JSON. */
export function findSyntaxError(text: string): SyntaxFault | undefined {
  const open: ('{' | '[')[] = []
  let expectation: Expectation = 'value'
  let offset = 0
  const afterValue = (): Expectation => (open.length === 0 ? 'nothing' : 'commaOrEnd')
  for (;;) {
    offset = skip(WHITESPACE, text, offset)
    const character = text[offset]
    if (character === undefined && expectation === 'nothing') return undefined
    if (character === undefined) return fault(offset, expectation, character, open)
    if (isClosing(expectation, character, open.at(-1))) {
      open.pop()
      expectation = afterValue()
      offset += 1
    } else if (expectation === 'value' || expectation === 'valueOrEnd') {
      if (character === '{' || character === '[') {
        open.push(character)
        expectation = character === '{' ? 'nameOrEnd' : 'valueOrEnd'
        offset += 1
        continue
      }
      const end = character === '"' ? checkString(text, offset) : skip(LITERAL_OR_NUMBER, text, offset)
      if (typeof end !== 'number') return end
      if (end === offset) return fault(offset, expectation, character, open)
      offset = end
      expectation = afterValue()
    } else if (expectation === 'name' || expectation === 'nameOrEnd') {
      if (character !== '"') return fault(offset, expectation, character, open)
      const end = checkString(text, offset)
      if (typeof end !== 'number') return end
      offset = end
      expectation = 'colon'
    } else {
      const separator = expectation === 'colon' ? ':' : ','
      if (expectation === 'nothing' || character !== separator)
        return fault(offset, expectation, character, open)
      expectation = expectation === 'colon' || open.at(-1) === '[' ? 'value' : 'name'
      offset += 1
    }
  }
}

function isClosing(expectation: Expectation, character: string, open: '{' | '[' | undefined): boolean {
  if (character === '}') return open === '{' && (expectation === 'nameOrEnd' || expectation === 'commaOrEnd')
  if (character === ']') return open === '[' && (expectation === 'valueOrEnd' || expectation === 'commaOrEnd')
  return false
}

function fault(
  offset: number,
  expectation: Expectation,
  character: string | undefined,
  open: readonly ('{' | '[')[],
): SyntaxFault {
  const closing = open.at(-1) === '{' ? '}' : ']'
  const expected =
    expectation === 'commaOrEnd' ? `"," or "${closing}" is expected` : expectedWords[expectation]
  return { offset, message: character === undefined ? `the text ends where ${expected}` : expected }
}

function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : offset
}

const SIMPLE_ESCAPES = '"\\/bfnrt'
const UNICODE_ESCAPE = /u[0-9a-fA-F]{4}/y

/** Index after the string that opens at `start`, or the fault inside it. */
function checkString(text: string, start: number): number | SyntaxFault {
  let index = start + 1
  for (;;) {
    const character = text[index]
    if (character === undefined) return { offset: index, message: 'the text ends inside a string' }
    if (character === '"') return index + 1
    if (character < ' ') return { offset: index, message: 'a control character in a string must be escaped' }
    if (character !== '\\') {
      index += 1
      continue
    }
    const escaped = text[index + 1]
    const end = skip(UNICODE_ESCAPE, text, index + 1)
    if (end > index + 1) index = end
    else if (escaped !== undefined && SIMPLE_ESCAPES.includes(escaped)) index += 2
    else return { offset: index, message: 'the escape after "\\" is not one that JSON knows' }
  }
}

/** Line and column (both from 1, columns in UTF-16 units) of an index. */
export function describePosition(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1
    lineStart = at + 1
  }
  return { line, column: offset - lineStart + 1 }
}
