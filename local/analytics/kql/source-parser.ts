import { semanticFailure, syntaxFailure, unsupported } from '../failure.ts'
import { DATATABLE_CELLS_MAX } from '../limits.ts'
import { columnTypeOf } from '../values/index.ts'
import type { Column } from '../values/index.ts'
import { parseNamedList } from './operator-parsers.ts'
import type { Parsers } from './operator-parsers.ts'
import { beginningWord } from './query-start.ts'
import type { Expression, Query, Source } from './syntax.ts'
import { parseUnion } from './table-operator-parsers.ts'
import type { TokenReader } from './token-reader.ts'

/** First words of unsupported kinds of queries. If the word is a table's name, nothing, `|` or `;` follows it. */
const OTHER_BEGINNINGS = new Set([
  'alias',
  'evaluate',
  'externaldata',
  'find',
  'pattern',
  'restrict',
  'search',
  'set',
])

/** Where a query's rows come from: what stands before its first `|`. @throws KustoFailure */
export function parseSource(
  reader: TokenReader,
  parsers: Parsers,
  parseQuery: (reader: TokenReader) => Query,
): Source {
  if (reader.accept('(')) return parseInner(reader, parseQuery)
  switch (beginningWord(reader)) {
    case 'print':
      reader.next()
      return { kind: 'print', columns: parseNamedList(reader, parsers) }
    case 'range':
      return parseRange(reader, parsers)
    case 'datatable':
      return parseDatatable(reader, parsers)
    case 'union':
      reader.next()
      return { kind: 'union', union: parseUnion(reader, parsers) }
    case 'materialize':
      reader.next()
      reader.expect('(')
      return parseInner(reader, parseQuery)
    default:
      return { kind: 'table', name: parseTableName(reader) }
  }
}

function parseInner(reader: TokenReader, parseQuery: (reader: TokenReader) => Query): Source {
  const query = parseQuery(reader)
  reader.expect(')')
  return { kind: 'query', query }
}

export function parseTableName(reader: TokenReader): string {
  const first = reader.peek().text.toLowerCase()
  const isWholeSource = ['', '|', ';', ')'].includes(reader.peek(1).text)
  if (reader.peek().kind === 'name' && OTHER_BEGINNINGS.has(first) && !isWholeSource) {
    throw unsupported(`'${first}'`, [
      'declare query_parameters(...);',
      'let name = ...;',
      'Table | operator | operator ...',
      'print',
      'union',
      'range',
      'datatable',
    ])
  }
  const source = reader.expectName('a table')
  const next = reader.peek()
  if (next.kind === 'symbol' && ['(', '.', '*'].includes(next.text)) {
    throw unsupported(`'${source}${next.text}...' as a source`, [
      'the name of a table or materialized view',
      'a name of let',
    ])
  }
  return source
}

/** `range x from 1 to 10 step 1` */
function parseRange(reader: TokenReader, parsers: Parsers): Source {
  reader.next()
  const name = reader.expectName('a column name')
  reader.expect('from')
  const from = parsers.expression(reader)
  reader.expect('to')
  const to = parsers.expression(reader)
  reader.expect('step')
  return { kind: 'range', name, from, to, step: parsers.expression(reader) }
}

/** `datatable(Name:type, ...) [value, ...]` */
function parseDatatable(reader: TokenReader, parsers: Parsers): Source {
  reader.next()
  reader.expect('(')
  const columns: Column[] = []
  do {
    const name = reader.expectName('a column name')
    reader.expect(':')
    columns.push({ name, type: columnTypeOf(reader.expectName('a type')) })
  } while (reader.accept(','))
  reader.expect(')')
  const cells = parseCells(reader, parsers)
  if (cells.length % columns.length !== 0)
    throw syntaxFailure(
      `datatable has ${columns.length} columns and ${cells.length} values: a row is not full.`,
    )
  return { kind: 'datatable', columns, cells }
}

function parseCells(reader: TokenReader, parsers: Parsers): Expression[] {
  const cells: Expression[] = []
  reader.expect('[')
  while (!reader.accept(']')) {
    cells.push(parsers.expression(reader))
    if (cells.length > DATATABLE_CELLS_MAX)
      throw semanticFailure(`A datatable has at most ${DATATABLE_CELLS_MAX} values here.`)
    // A comma may stand after the last value.
    if (!reader.accept(',')) {
      reader.expect(']')
      return cells
    }
  }
  return cells
}
