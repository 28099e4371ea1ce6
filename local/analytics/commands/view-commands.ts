import { findView, putView, tableOf } from '../engine/index.ts'
import type { View } from '../engine/index.ts'
import { semanticFailure, syntaxFailure, unsupported } from '../failure.ts'
import { parseQuery, readTokens } from '../kql/index.ts'
import type { TokenReader } from '../kql/index.ts'
import type { QueryResult } from '../query/index.ts'
import type { StoredValue } from '../values/index.ts'
import { result } from './command.ts'
import type { CommandContext } from './command.ts'

export const VIEW_COLUMNS = [
  'Name:string',
  'SourceTable:string',
  'Query:string',
  'IsEnabled:bool',
  'IsHealthy:bool',
] as const

export function viewRow(view: View): StoredValue[] {
  return [view.name, view.table.name, view.query, 1n, 1n]
}

/**
 * `.create-or-alter materialized-view with (...) V on table T { T | summarize take_any(*) by ... }`. The view also
 * shows rows that are older than the view. The real service does so only with `backfill=true`.
 */
export async function putViewCommand(
  reader: TokenReader,
  context: CommandContext,
  options: { readonly mayExist: boolean },
): Promise<QueryResult> {
  const properties = propertiesText(reader)
  const name = reader.expectName('the name of the view')
  reader.expect('on')
  reader.expect('table')
  const table = tableOf(context.database.reader, reader.expectName('a table name'))
  const query = bodyOf(reader)
  const keyNames = keysOfView(query, table.name)
  if (!options.mayExist && findView(context.database.reader, name) !== undefined) {
    throw semanticFailure(`Materialized view '${name}' exists already.`)
  }
  await context.database.writing.run(() => {
    putView(context.database.writer, { name, table, query, keyNames, properties })
  })
  return result(VIEW_COLUMNS, [[name, table.name, query, 1n, 1n]])
}

function propertiesText(reader: TokenReader): string {
  if (!reader.accept('with')) return ''
  const open = reader.expect('(')
  for (;;) {
    const token = reader.next()
    if (token.kind === 'end') throw syntaxFailure("the view's properties are not closed by ')'.")
    if (token.text === ')' && token.kind === 'symbol')
      return reader.source.slice(open.end, token.start).trim()
  }
}

/** The text between the outer braces. The braces are the end of the command. */
function bodyOf(reader: TokenReader): string {
  const open = reader.expect('{')
  const close = reader.source.lastIndexOf('}')
  if (close < open.end) throw syntaxFailure("the view's query is not closed by '}'.")
  return reader.source.slice(open.end, close).trim()
}

/** The keys of `T | summarize take_any(*) by A, B`. @throws KustoFailure for any other query */
function keysOfView(query: string, tableName: string): string[] {
  const other = unsupported('this query of a materialized view', [
    `${tableName} | summarize take_any(*) by Key1, Key2`,
  ])
  const reader = readTokens(query)
  const { source, operators } = parseQuery(reader)
  reader.expectEnd()
  const [summarize] = operators
  const isOfTable = source.kind === 'table' && source.name === tableName
  if (!isOfTable || operators.length !== 1 || summarize?.kind !== 'summarize') throw other
  const [aggregate] = summarize.aggregates
  const call = aggregate?.expression
  const isTakeAny = call?.kind === 'call' && (call.name === 'take_any' || call.name === 'any')
  if (summarize.aggregates.length !== 1 || !isTakeAny || call.parameters[0]?.kind !== 'star') throw other
  const keys = summarize.by.map(({ name, expression }) => {
    if (name !== undefined || expression.kind !== 'name') throw other
    return expression.name
  })
  if (keys.length === 0) throw other
  return keys
}

/** `.create [async] [ifnotexists] materialized-view ...` */
export async function createViewCommand(reader: TokenReader, context: CommandContext): Promise<QueryResult> {
  reader.accept('async')
  const tolerant = reader.accept('ifnotexists')
  const word = reader.hyphenated()
  if (word !== 'materialized-view')
    throw unsupported(`'.create ${word}'`, ['.create table', '.create materialized-view'])
  return await putViewCommand(reader, context, { mayExist: tolerant })
}
