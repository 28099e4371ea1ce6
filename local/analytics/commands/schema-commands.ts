import { findTable, findView, listTables, listViews } from '../engine/index.ts'
import type { Table, View } from '../engine/index.ts'
import { entityNotFound, unsupported } from '../failure.ts'
import type { TokenReader } from '../kql/index.ts'
import type { QueryResult } from '../query/index.ts'
import { netTypeOf } from '../values/index.ts'
import { result } from './command.ts'
import type { CommandContext } from './command.ts'
import { TABLE_ROW_COLUMNS, cslSchema } from './table-commands.ts'

/** A table or a materialized view, as far as its schema goes. */
type Entity = Pick<Table, 'columns' | 'docstring' | 'folder' | 'name'>

/**
 * `.show tables [(A, B)]`. It lists the materialized views, too, since a query begins with them in the same way. The
 * real service lists them by `.show materialized-views` only.
 */
export function showTables(reader: TokenReader, context: CommandContext): QueryResult {
  const wanted = readNames(reader)
  const entities = listEntities(context).filter(({ name }) => wanted === undefined || wanted.includes(name))
  return result(
    ['TableName:string', 'DatabaseName:string', 'Folder:string', 'DocString:string'],
    entities.map(({ name, folder, docstring }) => [name, context.databaseName, folder, docstring]),
  )
}

function readNames(reader: TokenReader): string[] | undefined {
  if (!reader.accept('(')) return undefined
  const names = [reader.expectName('a table name')]
  while (reader.accept(',')) names.push(reader.expectName('a table name'))
  reader.expect(')')
  return names
}

function listEntities(context: CommandContext): Entity[] {
  const { reader } = context.database
  const entities = [...listTables(reader), ...listViews(reader).map((view) => entityOfView(view))]
  return entities.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function entityOfView({ name, table }: View): Entity {
  return { name, folder: '', docstring: `Materialized view on ${table.name}`, columns: table.columns }
}

/** @throws KustoFailure that lists the tables and views that there are */
export function findEntity(
  kind: 'MaterializedView' | 'Table',
  name: string,
  context: CommandContext,
): Entity {
  const { reader } = context.database
  const table = kind === 'Table' ? findTable(reader, name) : undefined
  if (table !== undefined) return table
  const view = findView(reader, name)
  if (view !== undefined) return entityOfView(view)
  const known = kind === 'Table' ? listEntities(context) : listViews(reader)
  throw entityNotFound(
    kind,
    name,
    known.map((entity) => entity.name),
  )
}

/** The rest of `.show table T cslschema`, `... schema as csl`, `... schema as json`. */
export function showSchema(entity: Entity, reader: TokenReader, context: CommandContext): QueryResult {
  const schema = readForm(reader) === 'csl' ? cslSchema(entity) : jsonSchema(entity)
  return result(TABLE_ROW_COLUMNS, [
    [entity.name, schema, context.databaseName, entity.folder, entity.docstring],
  ])
}

function readForm(reader: TokenReader): string {
  if (reader.accept('cslschema')) return 'csl'
  reader.expect('schema')
  reader.expect('as')
  const form = reader.expectName('csl or json').toLowerCase()
  if (form !== 'csl' && form !== 'json') throw unsupported(`'schema as ${form}'`, ['csl', 'json'])
  return form
}

function jsonSchema(entity: Entity): string {
  return JSON.stringify({
    Name: entity.name,
    OrderedColumns: entity.columns.map(({ name, type }) => ({
      Name: name,
      Type: netTypeOf(type),
      CslType: type,
    })),
  })
}
