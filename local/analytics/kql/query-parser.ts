import { semanticFailure, unsupported } from '../failure.ts'
import { LET_STATEMENTS_MAX, QUERY_OPERATORS_MAX } from '../limits.ts'
import { deeper, expressionParser } from './expression-parser.ts'
import { simpleOperators } from './operator-parsers.ts'
import type { Parsers } from './operator-parsers.ts'
import { startsInnerQuery, startsQuery } from './query-start.ts'
import { parseSource, parseTableName } from './source-parser.ts'
import { nearNames, sentenceOf } from './suggestions.ts'
import type { LetStatement, Operator, Program, Query } from './syntax.ts'
import { tableOperators } from './table-operator-parsers.ts'
import type { TokenReader } from './token-reader.ts'

const operatorParsers = { ...simpleOperators, ...tableOperators }

/** `let a = ...; let b = ...; T | ...` @throws KustoFailure */
export function parseProgram(reader: TokenReader): Program {
  const lets: LetStatement[] = []
  while (reader.peek().text.toLowerCase() === 'let' && reader.peek(1).kind !== 'end') {
    if (reader.peek(1).kind === 'symbol' && reader.peek(1).text !== '[') break
    lets.push(parseLet(reader))
    if (lets.length > LET_STATEMENTS_MAX)
      throw semanticFailure(`A query has at most ${LET_STATEMENTS_MAX} 'let' statements.`)
  }
  return { lets, query: parseQuery(reader) }
}

function parseLet(reader: TokenReader): LetStatement {
  reader.expect('let')
  const name = reader.expectName("a name after 'let'")
  reader.expect('=')
  if (isFunction(reader)) {
    throw unsupported(`functions in 'let' (${name})`, [
      'let name = value;',
      'let name = Table | operator ...;',
    ])
  }
  const value: LetStatement['value'] =
    startsQuery(reader) || startsInnerQuery(reader)
      ? { kind: 'query', query: parseQuery(reader) }
      : parseExpression(reader)
  reader.expect(';')
  return { name, value }
}

/** `(x:long) { ... }`, `() { ... }`, `view () { ... }` */
function isFunction(reader: TokenReader): boolean {
  const at = reader.peek().text.toLowerCase() === 'view' ? 1 : 0
  if (reader.peek(at).text !== '(') return false
  const isEmpty = reader.peek(at + 1).text === ')'
  return isEmpty || (reader.peek(at + 1).kind === 'name' && reader.peek(at + 2).text === ':')
}

const parseExpression = expressionParser((reader, depth) => parseQuery(reader, depth))

/** `T | ...` @throws KustoFailure */
export function parseQuery(reader: TokenReader, depth = 0): Query {
  const inner = (from: TokenReader): Query => parseQuery(from, deeper(depth))
  const parsers = parsersAt(depth)
  const source = parseSource(reader, parsers, inner)
  return { source, operators: parseOperators(reader, depth) }
}

function parsersAt(depth: number): Parsers {
  return {
    expression: (reader) => parseExpression(reader, depth),
    innerQuery: (reader) => {
      if (!reader.accept('('))
        return { source: { kind: 'table', name: parseTableName(reader) }, operators: [] }
      const query = parseQuery(reader, deeper(depth))
      reader.expect(')')
      return query
    },
  }
}

/** The steps after a source: `| where ... | count`. Stops where no `|` follows. */
export function parseOperators(reader: TokenReader, depth = 0): Operator[] {
  const operators: Operator[] = []
  const parsers = parsersAt(depth)
  while (reader.accept('|')) {
    const word = reader.hyphenated()
    const parse = Object.hasOwn(operatorParsers, word) ? operatorParsers[word] : undefined
    if (parse === undefined) {
      const known = Object.keys(operatorParsers)
      const hint =
        word === 'render' ? ' It changes no row: leave it out.' : sentenceOf(nearNames(word, known))
      throw unsupported(`the operator '${word}'`, known, hint)
    }
    operators.push(parse(reader, parsers))
    if (operators.length > QUERY_OPERATORS_MAX)
      throw semanticFailure(`A query has at most ${QUERY_OPERATORS_MAX} steps.`)
  }
  return operators
}
