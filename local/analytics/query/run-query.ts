import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import {
  ensureIndex,
  findTable,
  findView,
  firstOfKeyCondition,
  listTables,
  listViews,
  sqlColumn,
  sqlTable,
} from '../engine/index.ts'
import type { EngineDatabase, Table } from '../engine/index.ts'
import { KustoFailure } from '../failure.ts'
import {
  compileOperators,
  compileProgram,
  literalSql,
  lookupColumns,
  parseProgram,
  readParameters,
  readTokens,
} from '../kql/index.ts'
import type { CompiledQuery, GivenParameters, Operator, Relation, Surroundings } from '../kql/index.ts'
import { ticksOfUnixMs } from '../values/index.ts'
import type { Column, StoredValue } from '../values/index.ts'

/** Rows are read one by one. A caller that stops early must end the iterator (for...of does that). */
export interface QueryResult {
  readonly columns: readonly Column[]
  readonly rows: Iterable<readonly StoredValue[]>
}

/**
 * Runs a query (`Table | ...`; `declare query_parameters(...)` and `let` may come first) on the last committed state.
 * @throws KustoFailure when the text is not a query, a name is unknown, or a part is not supported
 */
export async function runQuery(
  database: EngineDatabase,
  text: string,
  given: GivenParameters,
): Promise<QueryResult> {
  const reader = readTokens(text)
  const parameters = readParameters(reader, given)
  const program = parseProgram(reader)
  reader.accept(';')
  reader.expectEnd()
  await prepareLookups(database, program)
  return execute(database.reader, compileProgram(program, surroundingsOf(database.reader, parameters)))
}

function surroundingsOf(database: DatabaseSync, parameters: Parameters): Surroundings {
  return {
    findTable: (name) => {
      const table = findTable(database, name)
      if (table !== undefined) return relationOf(table, undefined)
      const view = findView(database, name)
      return view === undefined ? undefined : relationOf(view.table, firstOfKeyCondition(view))
    },
    tableNames: () => [...listTables(database), ...listViews(database)].map(({ name }) => name).toSorted(),
    parameters: new Map([...parameters].map(([name, { type, value }]) => [name, literalSql(type, value)])),
    nowTicks: ticksOfUnixMs(Date.now()),
  }
}

type Parameters = ReturnType<typeof readParameters>

function relationOf(table: Table, condition: string | undefined): Relation {
  const columns = table.columns.map((column) => ({
    name: column.name,
    type: column.type,
    sql: `v${column.ordinal}`,
  }))
  const items = table.columns.map((column) => `r.${sqlColumn(column.ordinal)} AS v${column.ordinal}`)
  const where = condition === undefined ? '' : ` WHERE ${condition}`
  return {
    sql: `SELECT ${items.join(', ')} FROM ${sqlTable(table.id)} AS r${where}`,
    parameters: [],
    columns,
  }
}

async function prepareLookups(
  database: EngineDatabase,
  program: ReturnType<typeof parseProgram>,
): Promise<void> {
  for (const { table: name, column: columnName } of lookupColumns(program)) {
    const table = findTable(database.reader, name) ?? findView(database.reader, name)?.table
    const column = table?.columns.find((candidate) => candidate.name === columnName)
    if (table !== undefined && column !== undefined && column.type !== 'dynamic')
      await ensureIndex(database, table.id, column.ordinal)
  }
}

function execute(database: DatabaseSync, compiled: CompiledQuery): QueryResult {
  try {
    const statement = database.prepare(compiled.sql)
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    const rows = statement.iterate(...(compiled.parameters as SQLInputValue[]))
    return { columns: compiled.columns, rows: rows as unknown as Iterable<readonly StoredValue[]> }
  } catch (cause) {
    if (cause instanceof KustoFailure) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new KustoFailure({ message: `The stand-in cannot run this query: ${message}.`, cause })
  }
}

/** Runs the steps of a query on rows that are already in memory, as in `.show tables | count`. */
export function runOperators(
  database: EngineDatabase,
  input: { readonly columns: readonly Column[]; readonly rows: readonly (readonly StoredValue[])[] },
  operators: readonly Operator[],
): QueryResult {
  if (operators.length === 0) return input
  const columns = input.columns.map((column, index) => ({ ...column, sql: `v${index}` }))
  const items = columns.map((column, index) => `json_extract(value, '$[${index}]') AS ${column.sql}`)
  const rows = input.rows.map((row) => `[${row.map((value) => jsonOfCell(value)).join(',')}]`)
  const relation: Relation = {
    sql: `SELECT ${items.join(', ')} FROM json_each(?)`,
    parameters: [`[${rows.join(',')}]`],
    columns,
  }
  return execute(
    database.reader,
    compileOperators(relation, operators, surroundingsOf(database.reader, new Map())),
  )
}

function jsonOfCell(value: StoredValue): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}
