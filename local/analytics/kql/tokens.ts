import { syntaxFailure } from '../failure.ts'
import { timespanUnits } from '../values/index.ts'
import { readString } from './string-literal.ts'

/**
 * A word of KQL or of a management command. `literal` is a typed literal such as `datetime(2026-01-31)`. The text
 * between its parentheses has rules of its own, and is kept in `text`.
 */
export interface Token {
  readonly kind: 'end' | 'literal' | 'name' | 'number' | 'string' | 'symbol' | 'timespan'
  /** For a string its value, with quotes and escapes resolved; otherwise the text as written. */
  readonly text: string
  /** For a literal: the name of its type as written. */
  readonly type?: string
  readonly start: number
  readonly end: number
}

const WHITESPACE = /(?:\s|\/\/[^\n]*)+/uy
const NAME = /[A-Za-z_$][\w$]*/uy
const TIMESPAN = new RegExp(String.raw`\d+(?:\.\d+)?(?:${timespanUnits.join('|')})(?!\w)`, 'uy')
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w])/uy
const SYMBOL = /==|!=|=~|!~|<=|>=|<\||\.\.|[-+*/%=<>()[\]{},.:;|!~]/uy
const STRING_START = /(?:[hH]?@?["'])|```|~~~/uy

/** The words of a text; the last one has the kind `end`. @throws KustoFailure when a part of the text is no word */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  for (;;) {
    position += matchAt(WHITESPACE, text, position)?.length ?? 0
    if (position >= text.length) break
    const token = readToken(text, position)
    tokens.push(token)
    position = token.end
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length })
  return tokens
}

function matchAt(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position
  return pattern.exec(text)?.[0]
}

function readToken(text: string, start: number): Token {
  if (matchAt(STRING_START, text, start) !== undefined) {
    const { value, end } = readString(text, start)
    return { kind: 'string', text: value, start, end }
  }
  const word = matchAt(NAME, text, start)
  if (word !== undefined) return readName(text, start, word)
  for (const [kind, pattern] of [
    ['timespan', TIMESPAN],
    ['number', NUMBER],
    ['symbol', SYMBOL],
  ] as const) {
    const found = matchAt(pattern, text, start)
    if (found !== undefined) return { kind, text: found, start, end: start + found.length }
  }
  throw syntaxFailure(`unexpected '${text.slice(start, start + 10)}' at character ${start}.`)
}

/** Types whose literals look like a call. `string(...)` is none. */
const LITERAL_TYPES = new Set([
  'bool',
  'boolean',
  'date',
  'datetime',
  'decimal',
  'double',
  'dynamic',
  'guid',
  'int',
  'long',
  'real',
  'time',
  'timespan',
  'uuid',
])

function readName(text: string, start: number, word: string): Token {
  const end = start + word.length
  if (text[end] !== '(' || !LITERAL_TYPES.has(word.toLowerCase()))
    return { kind: 'name', text: word, start, end }
  const after = endOfParentheses(text, end)
  return { kind: 'literal', type: word, text: text.slice(end + 1, after - 1).trim(), start, end: after }
}

/** The position after the `)` that closes the `(` at `open`. Parentheses inside strings do not count. */
function endOfParentheses(text: string, open: number): number {
  let depth = 0
  let position = open
  while (position < text.length) {
    if (matchAt(STRING_START, text, position) !== undefined) {
      position = readString(text, position).end
      continue
    }
    if (text[position] === '(') depth += 1
    if (text[position] === ')') depth -= 1
    position += 1
    if (depth === 0) return position
  }
  throw syntaxFailure(`the parenthesis at character ${open} is not closed.`)
}
