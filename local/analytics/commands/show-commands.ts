import { listExtents, listMappings, listViews, tableOf } from '../engine/index.ts'
import type { Extent, Table, TagFilter } from '../engine/index.ts'
import { syntaxFailure, unsupported } from '../failure.ts'
import { parseOperators } from '../kql/index.ts'
import type { TokenReader } from '../kql/index.ts'
import { runOperators } from '../query/index.ts'
import type { QueryResult } from '../query/index.ts'
import { ticksOfUnixMs } from '../values/index.ts'
import { result } from './command.ts'
import type { Command, CommandContext } from './command.ts'
import { showPolicyCommand } from './policy-commands.ts'
import { findEntity, showSchema, showTables } from './schema-commands.ts'
import { MAPPING_COLUMNS } from './table-commands.ts'
import { VIEW_COLUMNS, viewRow } from './view-commands.ts'

type Rows = ReturnType<typeof result>

const EXTENT_COLUMNS = [
  'ExtentId:guid',
  'DatabaseName:string',
  'TableName:string',
  'MaxCreatedOn:datetime',
  'OriginalSize:real',
  'ExtentSize:real',
  'CompressedSize:real',
  'IndexSize:real',
  'Blocks:long',
  'Segments:long',
  'ExtentContainerId:string',
  'RowCount:long',
  'MinCreatedOn:datetime',
  'Tags:string',
  'Kind:string',
  'DeletedRowCount:long',
] as const

/** `where tags has 'x' and tags !contains 'y'` */
function readTagFilters(reader: TokenReader): TagFilter[] {
  const filters: TagFilter[] = []
  if (!reader.accept('where')) return filters
  do {
    reader.expect('tags')
    const negated = reader.accept('!')
    const word = reader.expectName('has or contains').toLowerCase()
    if (word !== 'has' && word !== 'contains')
      throw syntaxFailure(`tags are filtered with has or contains, not '${word}'.`)
    filters.push({ operator: word, negated, tag: reader.expectString('a tag') })
  } while (reader.accept('and'))
  return filters
}

function extentRow(extent: Extent, table: Table, databaseName: string): Rows['rows'][number] {
  const bytes = Number(extent.originalBytes)
  return [
    extent.extentId,
    databaseName,
    table.name,
    extent.createdOnTicks,
    bytes,
    bytes,
    bytes,
    0,
    1n,
    1n,
    '',
    extent.rowCount,
    extent.createdOnTicks,
    // All tags in one text. A query for one tag uses `where tags has`.
    extent.tags.join(' '),
    'StorageV3',
    0n,
  ]
}

function showMappings(table: Table, reader: TokenReader, context: CommandContext): Rows {
  reader.accept('json')
  const one = !reader.accept('mappings')
  if (one) reader.expect('mapping')
  const name = one ? reader.expectString('the name of a mapping') : undefined
  const mappings = listMappings(context.database.reader, table).filter(
    (mapping) => name === undefined || mapping.name === name,
  )
  return result(
    MAPPING_COLUMNS,
    mappings.map((mapping) => [
      mapping.name,
      'Json',
      mapping.definition,
      mapping.updatedOnTicks,
      context.databaseName,
      table.name,
    ]),
  )
}

function showTable(reader: TokenReader, context: CommandContext): QueryResult {
  if (reader.peek(1).text.toLowerCase() === 'policy') return showPolicyCommand('table', reader, context)
  const name = reader.expectName('a table name')
  if (['schema', 'cslschema'].includes(reader.peek().text.toLowerCase()))
    return showSchema(findEntity('Table', name, context), reader, context)
  const table = tableOf(context.database.reader, name)
  if (reader.accept('extents')) {
    const extents = listExtents(context.database.reader, table, readTagFilters(reader))
    return result(
      EXTENT_COLUMNS,
      extents.map((extent) => extentRow(extent, table, context.databaseName)),
    )
  }
  if (reader.accept('ingestion')) return showMappings(table, reader, context)
  throw unsupported(`'.show table ${table.name} ${reader.peek().text}'`, [
    'extents',
    'cslschema',
    'schema as csl',
    'schema as json',
    'ingestion json mappings',
    'policy',
  ])
}

function showView(reader: TokenReader, context: CommandContext): QueryResult {
  if (reader.peek(1).text.toLowerCase() === 'policy')
    return showPolicyCommand('materialized-view', reader, context)
  const view = findEntity('MaterializedView', reader.expectName('a view name'), context)
  return showSchema(view, reader, context)
}

function showVersion(): Rows {
  return result(
    ['BuildVersion:string', 'BuildTime:datetime', 'ServiceType:string', 'ProductVersion:string'],
    [['1.0.0.0', ticksOfUnixMs(0), 'Engine', 'Trickle local stand-in for Azure Data Explorer']],
  )
}

function showDatabase(context: CommandContext): Rows {
  return result(['DatabaseName:string', 'PrettyName:string'], [[context.databaseName, '']])
}

const commands: Readonly<Record<string, Command>> = {
  tables: showTables,
  table: showTable,
  version: () => showVersion(),
  databases: (_reader, context) => showDatabase(context),
  'materialized-views': (_reader, context) =>
    result(
      VIEW_COLUMNS,
      listViews(context.database.reader).map((view) => viewRow(view)),
    ),
  column: (reader, context) => showPolicyCommand('column', reader, context),
  database: (reader, context) => showPolicyCommand('database', reader, context),
  'materialized-view': showView,
}

/** `.show ...`. Steps of a query may follow: `.show tables | count` */
export const showCommand: Command = async (reader, context) => {
  const word = reader.hyphenated()
  const command = commands[word]
  if (command === undefined)
    throw unsupported(
      `'.show ${word}'`,
      Object.keys(commands).map((name) => `.show ${name}`),
    )
  const shown = await command(reader, context)
  const operators = parseOperators(reader)
  reader.expectEnd()
  return runOperators(context.database, { columns: shown.columns, rows: [...shown.rows] }, operators)
}
