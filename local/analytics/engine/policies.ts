import type { DatabaseSync } from 'node:sqlite'
import {
  BIG_OBJECT32_VALUE_BYTES_MAX,
  BIG_OBJECT_VALUE_BYTES_MAX,
  DEFAULT_VALUE_BYTES_MAX,
} from '../limits.ts'
import type { Table, TableColumn } from './catalog.ts'

export type PolicyEntityKind = 'cluster' | 'column' | 'database' | 'materialized-view' | 'table'

export interface PolicyKey {
  readonly entityKind: PolicyEntityKind
  /** A column's entity is `Table.Column`. */
  readonly entity: string
  /** In lower case. */
  readonly policy: string
}

/** The policy's text as it was given; undefined when none was set. */
export function findPolicy(database: DatabaseSync, key: PolicyKey): string | undefined {
  const row = database
    .prepare('SELECT definition FROM kusto_policies WHERE entity_kind = ? AND entity = ? AND policy = ?')
    .get(key.entityKind, key.entity, key.policy)
  return row === undefined ? undefined : String(row['definition'])
}

export function putPolicy(database: DatabaseSync, key: PolicyKey, definition: string): void {
  database
    .prepare(
      'INSERT OR REPLACE INTO kusto_policies (entity_kind, entity, policy, definition) VALUES (?, ?, ?, ?)',
    )
    .run(key.entityKind, key.entity, key.policy, definition)
}

export function removePolicy(database: DatabaseSync, key: PolicyKey): void {
  database
    .prepare('DELETE FROM kusto_policies WHERE entity_kind = ? AND entity = ? AND policy = ?')
    .run(key.entityKind, key.entity, key.policy)
}

/** Names in lower case. The other encodings in ENCODING_NAMES (`null` is the default) change only indexes in ADX. */
const maxBytesByEncoding: Readonly<Record<string, number>> = {
  bigobject: BIG_OBJECT_VALUE_BYTES_MAX,
  bigobject32: BIG_OBJECT32_VALUE_BYTES_MAX,
}

export const ENCODING_NAMES = ['identifier', 'bigobject', 'bigobject32', 'vector16', 'null']

/** How many bytes (UTF-8) a string or dynamic of this column may have, by its encoding policy or its table's. */
export function maxValueBytes(database: DatabaseSync, table: Table, column: TableColumn): number {
  const encoding =
    findPolicy(database, {
      entityKind: 'column',
      entity: `${table.name}.${column.name}`,
      policy: 'encoding',
    }) ?? findPolicy(database, { entityKind: 'table', entity: table.name, policy: 'encoding' })
  return maxBytesByEncoding[encoding?.toLowerCase() ?? ''] ?? DEFAULT_VALUE_BYTES_MAX
}
