import { semanticFailure, syntaxFailure, unsupported } from '../failure.ts'
import { QUERY_OPERATORS_MAX, RESULT_ROWS_MAX } from '../limits.ts'
import { parseExpression } from './expression-parser.ts'
import type { NamedExpression, Operator, Query, SortKey } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

function parseNamed(reader: TokenReader): NamedExpression {
  const isNamed =
    reader.peek().kind === 'name' && reader.peek(1).kind === 'symbol' && reader.peek(1).text === '='
  if (!isNamed) return { name: undefined, expression: parseExpression(reader) }
  const name = reader.expectName('a column name')
  reader.expect('=')
  return { name, expression: parseExpression(reader) }
}

function parseNamedList(reader: TokenReader): NamedExpression[] {
  const list = [parseNamed(reader)]
  while (reader.accept(',')) list.push(parseNamed(reader))
  return list
}

function parseSortKey(reader: TokenReader): SortKey {
  const expression = parseExpression(reader)
  // Kusto's default is descending. If the query does not say where nulls go, null counts as the smallest value.
  const direction = reader.accept('asc') ? 'asc' : 'desc'
  if (direction === 'desc') reader.accept('desc')
  let nulls: SortKey['nulls'] = direction === 'asc' ? 'first' : 'last'
  if (reader.accept('nulls')) nulls = reader.accept('first') ? 'first' : 'last'
  if (nulls === 'last') reader.accept('last')
  return { expression, direction, nulls }
}

function parseOrder(reader: TokenReader): Operator {
  reader.expect('by')
  const keys = [parseSortKey(reader)]
  while (reader.accept(',')) keys.push(parseSortKey(reader))
  return { kind: 'order', keys }
}

function parseTake(reader: TokenReader): Operator {
  const token = reader.next()
  const rows = token.kind === 'number' ? Number(token.text) : Number.NaN
  if (!Number.isSafeInteger(rows)) throw syntaxFailure(`take needs a number of rows, not '${token.text}'.`)
  return { kind: 'take', rows: Math.min(rows, RESULT_ROWS_MAX + 1) }
}

function parseDistinct(reader: TokenReader): Operator {
  if (reader.accept('*')) return { kind: 'distinct', columns: 'all' }
  return { kind: 'distinct', columns: parseNamedList(reader) }
}

function parseSummarize(reader: TokenReader): Operator {
  if (reader.accept('by')) return { kind: 'summarize', aggregates: [], by: parseNamedList(reader) }
  const aggregates = parseNamedList(reader)
  const by = reader.accept('by') ? parseNamedList(reader) : []
  return { kind: 'summarize', aggregates, by }
}

const parsers: Readonly<Record<string, (reader: TokenReader) => Operator>> = {
  where: (reader) => ({ kind: 'where', condition: parseExpression(reader) }),
  filter: (reader) => ({ kind: 'where', condition: parseExpression(reader) }),
  count: () => ({ kind: 'count' }),
  take: parseTake,
  limit: parseTake,
  order: parseOrder,
  sort: parseOrder,
  project: (reader) => ({ kind: 'project', columns: parseNamedList(reader) }),
  extend: (reader) => ({ kind: 'extend', columns: parseNamedList(reader) }),
  distinct: parseDistinct,
  summarize: parseSummarize,
}

/** The steps after a source: `| where ... | count`. Stops where no `|` follows. */
export function parseOperators(reader: TokenReader): Operator[] {
  const operators: Operator[] = []
  while (reader.accept('|')) {
    const word = reader.hyphenated()
    const parse = parsers[word]
    if (parse === undefined) throw unsupported(`the operator '${word}'`, Object.keys(parsers))
    operators.push(parse(reader))
    if (operators.length > QUERY_OPERATORS_MAX)
      throw semanticFailure(`A query has at most ${QUERY_OPERATORS_MAX} steps.`)
  }
  return operators
}

/** First words of unsupported kinds of queries. If the word is a table's name, nothing, `|` or `;` follows it. */
const OTHER_BEGINNINGS = new Set([
  'alias',
  'datatable',
  'find',
  'let',
  'pattern',
  'print',
  'range',
  'restrict',
  'search',
  'set',
  'union',
])

/** `T | ...` @throws KustoFailure */
export function parseQuery(reader: TokenReader): Query {
  const first = reader.peek().text.toLowerCase()
  const isWholeSource = ['', '|', ';'].includes(reader.peek(1).text)
  if (reader.peek().kind === 'name' && OTHER_BEGINNINGS.has(first) && !isWholeSource) {
    throw unsupported(`'${first}'`, ['declare query_parameters(...);', 'Table | operator | operator ...'])
  }
  const source = reader.expectName('a table')
  if (reader.peek().kind === 'symbol' && ['(', '.'].includes(reader.peek().text)) {
    throw unsupported(`'${source}${reader.peek().text}...' as a source`, [
      'the name of a table or materialized view',
    ])
  }
  return { source, operators: parseOperators(reader) }
}
