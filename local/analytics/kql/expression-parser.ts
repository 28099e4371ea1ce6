import { syntaxFailure, unsupported } from '../failure.ts'
import { EXPRESSION_DEPTH_MAX } from '../limits.ts'
import { literalOfToken } from './literals.ts'
import type { Expression } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

/** Operators that are words. With a `!` in front (`!has`) the tokenizer makes two tokens of them. */
const WORD_OPERATORS = new Set(['has', 'contains', 'startswith', 'endswith'])
const COMPARISON_SYMBOLS = new Set(['==', '!=', '=~', '!~', '<', '<=', '>', '>='])

/** Operators of KQL that are not supported. The list is there only for a better message. */
const OTHER_OPERATORS = new Set([
  'between',
  'contains_cs',
  'endswith_cs',
  'has_all',
  'has_any',
  'has_cs',
  'hasprefix',
  'hassuffix',
  'matches',
  'startswith_cs',
])

type Parse = (reader: TokenReader, depth: number) => Expression

function deeper(depth: number): number {
  if (depth >= EXPRESSION_DEPTH_MAX) throw syntaxFailure('the expression is nested too deeply.')
  return depth + 1
}

function parseList(reader: TokenReader, depth: number): Expression[] {
  const items: Expression[] = []
  if (reader.accept(')')) return items
  do items.push(parseExpression(reader, depth))
  while (reader.accept(','))
  reader.expect(')')
  return items
}

function parseString(reader: TokenReader): Expression {
  let text = reader.expectString('a string')
  // Several strings in a row are joined into one, as in KQL.
  while (reader.peek().kind === 'string') text += reader.next().text
  return { kind: 'literal', type: 'string', value: text }
}

const parsePrimary: Parse = (reader, depth) => {
  const token = reader.peek()
  if (token.kind === 'string') return parseString(reader)
  const literal = literalOfToken(token)
  if (literal !== undefined) {
    reader.next()
    return literal
  }
  if (reader.accept('(')) {
    const inner = parseExpression(reader, deeper(depth))
    reader.expect(')')
    return inner
  }
  if (reader.accept('*')) return { kind: 'star' }
  if (token.kind === 'symbol' && token.text !== '[')
    throw syntaxFailure(`unexpected '${token.text}' at character ${token.start}.`)
  const name = reader.expectName('an expression')
  if (!reader.accept('(')) return { kind: 'name', name }
  return { kind: 'call', name: name.toLowerCase(), parameters: parseList(reader, deeper(depth)) }
}

function parseSubscript(reader: TokenReader): string | number {
  const negative = reader.accept('-')
  const token = reader.next()
  reader.expect(']')
  if (token.kind === 'string' && !negative) return token.text
  if (token.kind === 'number' && /^\d{1,9}$/u.test(token.text))
    return Number(token.text) * (negative ? -1 : 1)
  throw unsupported('an expression as a subscript', ["Payload['name']", 'Payload[0]'])
}

const parseMember: Parse = (reader, depth) => {
  let target = parsePrimary(reader, depth)
  for (;;) {
    if (reader.accept('.')) target = { kind: 'member', target, key: reader.expectName('a property name') }
    else if (reader.accept('[')) target = { kind: 'member', target, key: parseSubscript(reader) }
    else return target
  }
}

const parseNegative: Parse = (reader, depth) => {
  if (!reader.accept('-')) return parseMember(reader, depth)
  return { kind: 'negative', value: parseNegative(reader, deeper(depth)) }
}

function leftAssociative(operators: readonly string[], operand: Parse): Parse {
  return (reader, depth) => {
    let left = operand(reader, depth)
    for (;;) {
      const operator = operators.find((candidate) => reader.accept(candidate))
      if (operator === undefined) return left
      left = { kind: 'binary', operator, left, right: operand(reader, depth) }
    }
  }
}

const parseProduct = leftAssociative(['*', '/', '%'], parseNegative)
const parseSum = leftAssociative(['+', '-'], parseProduct)

function parseIn(reader: TokenReader, depth: number, value: Expression, negated: boolean): Expression {
  reader.expect('(')
  return { kind: 'in', negated, value, candidates: parseList(reader, deeper(depth)) }
}

const parseComparison: Parse = (reader, depth) => {
  const left = parseSum(reader, depth)
  const token = reader.peek()
  if (token.kind === 'symbol' && COMPARISON_SYMBOLS.has(token.text)) {
    reader.next()
    return { kind: 'binary', operator: token.text, left, right: parseSum(reader, depth) }
  }
  const negated = token.kind === 'symbol' && token.text === '!'
  const wordToken = negated ? reader.peek(1) : token
  const word = wordToken.kind === 'name' ? wordToken.text.toLowerCase() : ''
  if (OTHER_OPERATORS.has(word)) {
    throw unsupported(`the operator '${negated ? '!' : ''}${word}'`, [
      ...COMPARISON_SYMBOLS,
      'in',
      ...WORD_OPERATORS,
    ])
  }
  if (word !== 'in' && !WORD_OPERATORS.has(word)) return left
  if (negated) reader.next()
  reader.next()
  if (word === 'in') return parseIn(reader, depth, left, negated)
  return { kind: 'binary', operator: `${negated ? '!' : ''}${word}`, left, right: parseSum(reader, depth) }
}

const parseAnd = leftAssociative(['and'], parseComparison)
const parseOr = leftAssociative(['or'], parseAnd)

/** @throws KustoFailure when the words are not a supported expression */
export function parseExpression(reader: TokenReader, depth = 0): Expression {
  return parseOr(reader, depth)
}
