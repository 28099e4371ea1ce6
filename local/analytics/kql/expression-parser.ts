import { syntaxFailure, unsupported } from '../failure.ts'
import { EXPRESSION_DEPTH_MAX } from '../limits.ts'
import { literalOfToken } from './literals.ts'
import { startsInnerQuery, startsQuery } from './query-start.ts'
import type { Expression, Query } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

/** Reads a query inside an expression. It is given from outside, because queries contain expressions. */
export type ParseQuery = (reader: TokenReader, depth: number) => Query

/** What reads one part of an expression. `depth` counts the parentheses around it. */
type Parse = (reader: TokenReader, depth: number) => Expression

/** Operators that are words, each with a text on both sides. With `!` in front the tokenizer makes two tokens. */
const TEXT_OPERATORS = new Set([
  'contains',
  'contains_cs',
  'endswith',
  'endswith_cs',
  'has',
  'has_cs',
  'hasprefix',
  'hassuffix',
  'startswith',
  'startswith_cs',
])

/** Operators that are words, with a list on their right side. */
const LIST_OPERATORS = new Set(['in', 'between', 'has_all', 'has_any'])

const COMPARISON_SYMBOLS = new Set(['==', '!=', '=~', '!~', '<', '<=', '>', '>='])

/** Operators of KQL that are not supported. The list is there only for a better message. */
const OTHER_OPERATORS = new Set(['hasprefix_cs', 'hassuffix_cs', 'matches'])

/** Functions whose parameter is a query. */
const QUERY_FUNCTIONS = new Set(['toscalar'])

/** The depth inside one more pair of parentheses. @throws KustoFailure above the limit */
export function deeper(depth: number): number {
  if (depth >= EXPRESSION_DEPTH_MAX) throw syntaxFailure('the expression is nested too deeply.')
  return depth + 1
}

/**
 * The reader of expressions.
 * @throws KustoFailure when the words are not a supported expression
 */
export function expressionParser(
  parseQuery: ParseQuery,
): (reader: TokenReader, depth?: number) => Expression {
  const parsePrimary = primaryParser(parseQuery, (reader, depth) => parseOr(reader, depth))
  const parseMember: Parse = (reader, depth) => {
    let target = parsePrimary(reader, depth)
    for (;;) {
      if (reader.accept('.')) target = { kind: 'member', target, key: reader.expectName('a property name') }
      else if (reader.peek().text === '[' && reader.accept('['))
        target = parseSubscript(reader, depth, target, parseOr)
      else return target
    }
  }
  const parseNegative: Parse = (reader, depth) => {
    if (!reader.accept('-')) return parseMember(reader, depth)
    return { kind: 'negative', value: parseNegative(reader, deeper(depth)) }
  }
  const parseProduct = leftAssociative(['*', '/', '%'], parseNegative)
  const parseSum = leftAssociative(['+', '-'], parseProduct)
  const parseCandidate: Parse = (reader, depth) =>
    startsQuery(reader) ? { kind: 'query', query: parseQuery(reader, depth) } : parseOr(reader, depth)
  const parseAnd = leftAssociative(['and'], comparisonParser(parseSum, parseCandidate))
  const parseOr: Parse = leftAssociative(['or'], parseAnd)
  return (reader, depth = 0) => parseOr(reader, depth)
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

function primaryParser(parseQuery: ParseQuery, parseExpression: Parse): Parse {
  return (reader, depth) => {
    const token = reader.peek()
    if (token.kind === 'string') return parseString(reader)
    const literal = literalOfToken(token)
    if (literal !== undefined) {
      reader.next()
      return literal
    }
    if (reader.accept('*')) return { kind: 'star' }
    if (startsInnerQuery(reader)) return { kind: 'query', query: parseQuery(reader, depth) }
    if (reader.accept('(')) {
      const inner = parseExpression(reader, deeper(depth))
      reader.expect(')')
      return inner
    }
    if (token.kind === 'symbol' && token.text !== '[')
      throw syntaxFailure(`unexpected '${token.text}' at character ${token.start}.`)
    const name = reader.expectName('an expression')
    if (!reader.accept('(')) return { kind: 'name', name }
    const called = name.toLowerCase()
    if (!QUERY_FUNCTIONS.has(called))
      return { kind: 'call', name: called, parameters: parseList(reader, deeper(depth), parseExpression) }
    const query = parseQuery(reader, deeper(depth))
    reader.expect(')')
    return { kind: 'call', name: called, parameters: [{ kind: 'query', query }] }
  }
}

function parseString(reader: TokenReader): Expression {
  let text = reader.expectString('a string')
  // Several strings in a row are joined into one, as in KQL.
  while (reader.peek().kind === 'string') text += reader.next().text
  return { kind: 'literal', type: 'string', value: text }
}

function parseList(reader: TokenReader, depth: number, parseExpression: Parse): Expression[] {
  const items: Expression[] = []
  if (reader.accept(')')) return items
  do items.push(parseExpression(reader, depth))
  while (reader.accept(','))
  if (reader.peek().text === '=')
    throw unsupported('names for parameters of a function', ['project-rename New = Old'])
  reader.expect(')')
  return items
}

function parseSubscript(
  reader: TokenReader,
  depth: number,
  target: Expression,
  parseExpression: Parse,
): Expression {
  const key = parseExpression(reader, deeper(depth))
  reader.expect(']')
  const [number, sign] = key.kind === 'negative' ? [key.value, -1] : [key, 1]
  if (number.kind === 'literal' && number.type === 'long')
    return { kind: 'member', target, key: Number(number.value) * sign }
  if (key.kind === 'literal' && key.type === 'string')
    return { kind: 'member', target, key: String(key.value) }
  return { kind: 'element', target, key }
}

function comparisonParser(parseSum: Parse, parseCandidate: Parse): Parse {
  return (reader, depth) => {
    const left = parseSum(reader, depth)
    const token = reader.peek()
    if (token.kind === 'symbol' && COMPARISON_SYMBOLS.has(token.text)) {
      reader.next()
      return { kind: 'binary', operator: token.text, left, right: parseSum(reader, depth) }
    }
    const negated = token.kind === 'symbol' && token.text === '!'
    const wordToken = negated ? reader.peek(1) : token
    const word = wordToken.kind === 'name' ? wordToken.text.toLowerCase() : ''
    refuseOther(word, negated)
    if (!TEXT_OPERATORS.has(word) && !LIST_OPERATORS.has(word)) return left
    if (negated) reader.next()
    reader.next()
    if (word === 'between')
      return parseBetween(reader, left, negated, (from) => parseSum(from, deeper(depth)))
    if (LIST_OPERATORS.has(word)) {
      const ignoresCase = word === 'in' && reader.accept('~')
      reader.expect('(')
      const candidates = parseList(reader, deeper(depth), parseCandidate)
      if (word === 'in') return { kind: 'in', negated, ignoresCase, value: left, candidates }
      return { kind: 'has-list', operator: word as 'has_all' | 'has_any', value: left, candidates }
    }
    return { kind: 'binary', operator: `${negated ? '!' : ''}${word}`, left, right: parseSum(reader, depth) }
  }
}

function refuseOther(word: string, negated: boolean): void {
  if (!OTHER_OPERATORS.has(word) && !(negated && ['has_any', 'has_all'].includes(word))) return
  throw unsupported(`the operator '${negated ? '!' : ''}${word}'`, [
    ...COMPARISON_SYMBOLS,
    ...LIST_OPERATORS,
    ...TEXT_OPERATORS,
  ])
}

function parseBetween(
  reader: TokenReader,
  value: Expression,
  negated: boolean,
  parseEnd: (reader: TokenReader) => Expression,
): Expression {
  reader.expect('(')
  const low = parseEnd(reader)
  reader.expect('..')
  const high = parseEnd(reader)
  reader.expect(')')
  return { kind: 'between', negated, value, low, high }
}
