import type { DatabaseSync } from 'node:sqlite'
import { entityNotFound, semanticFailure } from '../failure.ts'
import { COLUMNS_MAX } from '../limits.ts'
import { columnTypeOf, sqliteColumnOf } from '../values/index.ts'
import type { Column } from '../values/index.ts'
import { inTransaction } from './transaction.ts'

export interface TableColumn extends Column {
  /** Position in the table, from 0. `sqlColumn` makes the column's name in SQLite from this number. */
  readonly ordinal: number
}

export interface Table {
  readonly id: number
  readonly name: string
  readonly folder: string
  readonly docstring: string
  readonly columns: readonly TableColumn[]
}

export interface TableDefinition {
  readonly name: string
  readonly columns: readonly Column[]
  readonly folder?: string | undefined
  readonly docstring?: string | undefined
}

/** Kusto names may differ by case only and hold any character. SQLite's may not, so its tables get generated names. */
export function sqlTable(tableId: number): string {
  return `data_${tableId}`
}

export function sqlColumn(ordinal: number): string {
  return `c${ordinal}`
}

export function listTables(database: DatabaseSync): Table[] {
  const rows = database.prepare('SELECT * FROM kusto_tables ORDER BY name').all()
  return rows.map((row) => tableOfRow(database, row))
}

function tableOfRow(database: DatabaseSync, row: Record<string, unknown>): Table {
  const id = Number(row['id'])
  return {
    id,
    name: String(row['name']),
    folder: String(row['folder']),
    docstring: String(row['docstring']),
    columns: columnsOf(database, id),
  }
}

function columnsOf(database: DatabaseSync, tableId: number): TableColumn[] {
  return database
    .prepare('SELECT ordinal, name, type FROM kusto_columns WHERE table_id = ? ORDER BY ordinal')
    .all(tableId)
    .map((row) => ({
      ordinal: Number(row['ordinal']),
      name: String(row['name']),
      type: columnTypeOf(String(row['type'])),
    }))
}

export function findTable(database: DatabaseSync, name: string): Table | undefined {
  const row = database.prepare('SELECT * FROM kusto_tables WHERE name = ?').get(name)
  return row === undefined ? undefined : tableOfRow(database, row)
}

export function tableById(database: DatabaseSync, id: number): Table {
  const row = database.prepare('SELECT * FROM kusto_tables WHERE id = ?').get(id)
  if (row === undefined) throw entityNotFound('Table', String(id))
  return tableOfRow(database, row)
}

/** @throws KustoFailure when there is no such table */
export function tableOf(database: DatabaseSync, name: string): Table {
  const table = findTable(database, name)
  if (table === undefined) throw entityNotFound('Table', name, tableNames(database))
  return table
}

function tableNames(database: DatabaseSync): string[] {
  const rows = database.prepare('SELECT name FROM kusto_tables ORDER BY name').all()
  return rows.map((row) => String(row['name']))
}

/**
 * Makes the table, or adds the columns that it does not have yet.
 * @throws KustoFailure for a column that has another type already, a name given twice or too many columns
 */
export function createMergeTable(database: DatabaseSync, definition: TableDefinition): Table {
  const names = new Set(definition.columns.map((column) => column.name))
  if (names.size !== definition.columns.length) throw semanticFailure('A column is named twice.')
  if (definition.columns.length === 0 || definition.columns.length > COLUMNS_MAX) {
    throw semanticFailure(`A table has 1 to ${COLUMNS_MAX} columns.`)
  }
  if (database.prepare('SELECT 1 FROM kusto_views WHERE name = ?').get(definition.name) !== undefined) {
    throw semanticFailure(`'${definition.name}' is a materialized view.`)
  }
  inTransaction(database, () => {
    const existing = findTable(database, definition.name)
    if (existing === undefined) createTable(database, definition)
    else mergeColumns(database, existing, definition.columns)
  })
  return tableOf(database, definition.name)
}

function createTable(database: DatabaseSync, definition: TableDefinition): void {
  database
    .prepare('INSERT INTO kusto_tables (name, folder, docstring) VALUES (?, ?, ?)')
    .run(definition.name, definition.folder ?? '', definition.docstring ?? '')
  const id = Number(database.prepare('SELECT last_insert_rowid() AS id').get()?.['id'])
  const insert = database.prepare(
    'INSERT INTO kusto_columns (table_id, ordinal, name, type) VALUES (?, ?, ?, ?)',
  )
  for (const [ordinal, column] of definition.columns.entries())
    insert.run(id, ordinal, column.name, column.type)
  // Dynamic columns come last. SQLite reads a row from its front, so a search does not have to read the large values.
  const columns = columnsOf(database, id)
  const stored = [...columns].sort((a, b) => Number(a.type === 'dynamic') - Number(b.type === 'dynamic'))
  const declarations = stored.map((column) => `${sqlColumn(column.ordinal)} ${sqliteColumnOf(column.type)}`)
  database.exec(`CREATE TABLE ${sqlTable(id)} (${declarations.join(', ')})`)
}

function mergeColumns(database: DatabaseSync, table: Table, wanted: readonly Column[]): void {
  const known = new Map(table.columns.map((column) => [column.name, column]))
  let ordinal = table.columns.length
  for (const column of wanted) {
    const existing = known.get(column.name)
    if (existing === undefined) {
      database
        .prepare('INSERT INTO kusto_columns (table_id, ordinal, name, type) VALUES (?, ?, ?, ?)')
        .run(table.id, ordinal, column.name, column.type)
      database.exec(
        `ALTER TABLE ${sqlTable(table.id)} ADD COLUMN ${sqlColumn(ordinal)} ${sqliteColumnOf(column.type)}`,
      )
      ordinal += 1
    } else if (existing.type !== column.type) {
      throw semanticFailure(
        `Column '${column.name}' of table '${table.name}' has type ${existing.type}; it cannot become ${column.type}.`,
      )
    }
  }
}
