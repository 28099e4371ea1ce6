import type { DatabaseSync } from 'node:sqlite'
import { semanticFailure } from '../failure.ts'
import { findTable, sqlColumn, sqlTable, tableById } from './catalog.ts'
import type { Table, TableColumn } from './catalog.ts'

/**
 * A materialized view. Only one kind is supported here: `T | summarize take_any(*) by Key1, Key2`. It shows one row for
 * each key, computed at each query (the real service updates it in the background). Of several rows with the same key
 * it shows the first that was ingested; the real service may show any of them.
 */
export interface View {
  readonly name: string
  readonly table: Table
  /** The query's text as it was given. */
  readonly query: string
  readonly keys: readonly TableColumn[]
  /** The text between `with (` and `)`. */
  readonly properties: string
}

export interface ViewDefinition {
  readonly name: string
  readonly table: Table
  readonly query: string
  readonly keyNames: readonly string[]
  readonly properties: string
}

export function listViews(database: DatabaseSync): View[] {
  const rows = database.prepare('SELECT * FROM kusto_views ORDER BY name').all()
  return rows.map((row) => viewOfRow(database, row))
}

function viewOfRow(database: DatabaseSync, row: Record<string, unknown>): View {
  const table = tableById(database, Number(row['table_id']))
  return {
    name: String(row['name']),
    table,
    query: String(row['query']),
    keys: keyColumns(table, JSON.parse(String(row['keys'])) as string[]),
    properties: String(row['properties']),
  }
}

function keyColumns(table: Table, keyNames: readonly string[]): TableColumn[] {
  return keyNames.map((name) => {
    const column = table.columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw semanticFailure(`Table '${table.name}' has no column '${name}'.`)
    return column
  })
}

export function findView(database: DatabaseSync, name: string): View | undefined {
  const row = database.prepare('SELECT * FROM kusto_views WHERE name = ?').get(name)
  return row === undefined ? undefined : viewOfRow(database, row)
}

/** @throws KustoFailure when a table has the view's name, or a key is not a column */
export function putView(database: DatabaseSync, definition: ViewDefinition): void {
  if (findTable(database, definition.name) !== undefined) {
    throw semanticFailure(`'${definition.name}' is a table.`)
  }
  const keys = keyColumns(definition.table, definition.keyNames)
  database
    .prepare(
      'INSERT OR REPLACE INTO kusto_views (name, table_id, query, keys, properties) VALUES (?, ?, ?, ?, ?)',
    )
    .run(
      definition.name,
      definition.table.id,
      definition.query,
      JSON.stringify(definition.keyNames),
      definition.properties,
    )
  const ordinals = keys.map((key) => key.ordinal)
  database.exec(
    `CREATE INDEX IF NOT EXISTS ${sqlTable(definition.table.id)}_keys_${ordinals.join('_')}
       ON ${sqlTable(definition.table.id)} (${ordinals.map((ordinal) => sqlColumn(ordinal)).join(', ')})`,
  )
}

/**
 * The SQL condition that is true for the first row `r` of each key, since a take_any view shows one row for each key.
 * The index that `putView` makes keeps it fast.
 */
export function firstOfKeyCondition(view: View): string {
  const sameKey = view.keys.map((key) => `d.${sqlColumn(key.ordinal)} IS r.${sqlColumn(key.ordinal)}`)
  return `NOT EXISTS (SELECT 1 FROM ${sqlTable(view.table.id)} AS d WHERE ${sameKey.join(' AND ')} AND d.rowid < r.rowid)`
}
