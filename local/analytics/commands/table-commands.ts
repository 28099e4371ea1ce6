import { createMergeTable, findTable, putMapping, tableOf } from '../engine/index.ts'
import type { Table } from '../engine/index.ts'
import { parseMapping } from '../ingestion/index.ts'
import type { TokenReader } from '../kql/index.ts'
import { columnTypeOf, ticksOfUnixMs } from '../values/index.ts'
import type { Column, StoredValue } from '../values/index.ts'
import { readProperties, result } from './command.ts'
import type { CommandContext } from './command.ts'
import type { QueryResult } from '../query/index.ts'
import { unsupported } from '../failure.ts'

export function cslSchema(table: Pick<Table, 'columns'>): string {
  return table.columns.map((column) => `${column.name}:${column.type}`).join(',')
}

export function tableRow(table: Table, databaseName: string): StoredValue[] {
  return [table.name, cslSchema(table), databaseName, table.folder, table.docstring]
}

export const TABLE_ROW_COLUMNS = [
  'TableName:string',
  'Schema:string',
  'DatabaseName:string',
  'Folder:string',
  'DocString:string',
] as const

export const MAPPING_COLUMNS = [
  'Name:string',
  'Kind:string',
  'Mapping:string',
  'LastUpdatedOn:datetime',
  'Database:string',
  'Table:string',
] as const

/** `.create[-merge] table T (...)`, `.create[-or-alter] table T ingestion json mapping "M" '[...]'` */
export async function createTableCommand(reader: TokenReader, context: CommandContext): Promise<QueryResult> {
  const name = reader.expectName('a table name')
  if (reader.accept('ingestion')) return await putJsonMapping(reader, context, name)
  const columns = readSchema(reader)
  const properties = readProperties(reader)
  reader.expectEnd()
  const table = await context.database.writing.run(() =>
    createMergeTable(context.database.writer, {
      name,
      columns,
      folder: properties.get('folder'),
      docstring: properties.get('docstring'),
    }),
  )
  return result(TABLE_ROW_COLUMNS, [tableRow(table, context.databaseName)])
}

async function putJsonMapping(
  reader: TokenReader,
  context: CommandContext,
  tableName: string,
): Promise<QueryResult> {
  const kind = reader.hyphenated()
  if (kind !== 'json') throw unsupported(`${kind} mappings`, ['ingestion json mapping'])
  reader.expect('mapping')
  const name = reader.expectString('the name of the mapping')
  let definition = reader.expectString("the mapping's JSON")
  while (reader.peek().kind === 'string') definition += reader.next().text
  readProperties(reader)
  reader.expectEnd()
  parseMapping(definition)
  const table = tableOf(context.database.reader, tableName)
  await context.database.writing.run(() => {
    putMapping(context.database.writer, table, name, definition.trim())
  })
  const row = [name, 'Json', definition.trim(), ticksOfUnixMs(Date.now()), context.databaseName, tableName]
  return result(MAPPING_COLUMNS, [row])
}

/** `(a:string, ['b c']:long)` */
function readSchema(reader: TokenReader): Column[] {
  const columns: Column[] = []
  reader.expect('(')
  do {
    const name = reader.expectName('a column name')
    reader.expect(':')
    columns.push({ name, type: columnTypeOf(reader.expectName('a type')) })
  } while (reader.accept(','))
  reader.expect(')')
  return columns
}

/** `.create table`: like `.create-merge table`, but a table that exists is not changed. */
export async function createNewTableCommand(
  reader: TokenReader,
  context: CommandContext,
): Promise<QueryResult> {
  const existing = findTable(context.database.reader, reader.peek().text)
  const isSchema = reader.peek(1).text === '('
  if (existing === undefined || !isSchema) return await createTableCommand(reader, context)
  return result(TABLE_ROW_COLUMNS, [tableRow(existing, context.databaseName)])
}
