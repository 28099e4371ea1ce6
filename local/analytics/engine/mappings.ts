import type { DatabaseSync } from 'node:sqlite'
import { ticksOfUnixMs } from '../values/index.ts'
import type { Table } from './catalog.ts'

export interface StoredMapping {
  readonly name: string
  /** The mapping's JSON text. */
  readonly definition: string
  readonly updatedOnTicks: bigint
}

export function listMappings(database: DatabaseSync, table: Table): StoredMapping[] {
  const statement = database.prepare('SELECT * FROM kusto_mappings WHERE table_id = ? ORDER BY name')
  statement.setReadBigInts(true)
  return statement.all(table.id).map((row) => mappingOfRow(row))
}

function mappingOfRow(row: Record<string, unknown>): StoredMapping {
  return {
    name: String(row['name']),
    definition: String(row['definition']),
    updatedOnTicks: row['updated_on'] as bigint,
  }
}

/** Finds a mapping by its name. Case counts in the name, as in ADX. */
export function findMapping(database: DatabaseSync, table: Table, name: string): StoredMapping | undefined {
  return listMappings(database, table).find((mapping) => mapping.name === name)
}

export function putMapping(database: DatabaseSync, table: Table, name: string, definition: string): void {
  database
    .prepare(
      'INSERT OR REPLACE INTO kusto_mappings (table_id, name, definition, updated_on) VALUES (?, ?, ?, ?)',
    )
    .run(table.id, name, definition, ticksOfUnixMs(Date.now()))
}
