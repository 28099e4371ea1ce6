import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { ticksOfUnixMs } from '../values/index.ts'
import type { StoredValue } from '../values/index.ts'
import { sqlColumn, sqlTable } from './catalog.ts'
import type { Table } from './catalog.ts'
import type { EngineDatabase } from './database.ts'
import { recordHandled } from './handled-messages.ts'
import type { HandledMessage } from './handled-messages.ts'
import { inLongTransaction } from './transaction.ts'

export interface IngestionRequest {
  readonly table: Table
  /** With their prefix, for example `ingest-by:batch-1`. */
  readonly tags: readonly string[]
  /** Without the prefix. If an extent of the table has `ingest-by:` and one of these, the ingestion is skipped. */
  readonly ingestIfNotExists: readonly string[]
  /** The queue message that asks for this ingestion. It is remembered in the same transaction. */
  readonly message?: HandledMessage | undefined
}

export type IngestionOutcome =
  | { readonly kind: 'ingested'; readonly extentId: string; readonly rowCount: number }
  | { readonly kind: 'skipped'; readonly tag: string }

/** Calls `insert` for each row (values in the order of the table's columns). Returns the uncompressed bytes it read. */
export type RowFeed = (insert: (values: readonly StoredValue[]) => void) => Promise<number>

/**
 * Writes rows, extent, tags and the queue message in one transaction, so that all of them are kept or none. Duplicate
 * rows are kept too; only `ingestIfNotExists` skips an ingestion, as in ADX.
 * @throws what the feed throws; nothing is kept then
 */
export async function ingest(
  database: EngineDatabase,
  request: IngestionRequest,
  feed: RowFeed,
): Promise<IngestionOutcome> {
  const { writer } = database
  return await database.writing.run(() =>
    inLongTransaction(writer, async () => {
      const tag = existingTag(writer, request.table, request.ingestIfNotExists)
      if (request.message !== undefined) recordHandled(writer, request.message)
      if (tag !== undefined) return { kind: 'skipped', tag }
      const columns = request.table.columns.map((column) => sqlColumn(column.ordinal))
      const insertRow = writer.prepare(
        `INSERT INTO ${sqlTable(request.table.id)} (${columns.join(', ')})
         VALUES (${columns.map(() => '?').join(', ')})`,
      )
      let rowCount = 0
      const originalBytes = await feed((values) => {
        insertRow.run(...values)
        rowCount += 1
      })
      return { kind: 'ingested', extentId: recordExtent(writer, request, rowCount, originalBytes), rowCount }
    }),
  )
}

function existingTag(database: DatabaseSync, table: Table, names: readonly string[]): string | undefined {
  const statement = database.prepare('SELECT 1 FROM kusto_extent_tags WHERE table_id = ? AND tag = ? LIMIT 1')
  return names.map((name) => `ingest-by:${name}`).find((tag) => statement.get(table.id, tag) !== undefined)
}

function recordExtent(
  database: DatabaseSync,
  request: IngestionRequest,
  rowCount: number,
  originalBytes: number,
): string {
  const extentId = randomUUID()
  const extent = database
    .prepare(
      `INSERT INTO kusto_extents (extent_id, table_id, created_on, row_count, original_bytes)
       VALUES (?, ?, ?, ?, ?) RETURNING id`,
    )
    .get(extentId, request.table.id, ticksOfUnixMs(Date.now()), rowCount, originalBytes)
  const insertTag = database.prepare('INSERT INTO kusto_extent_tags (table_id, tag, extent) VALUES (?, ?, ?)')
  for (const tag of new Set(request.tags)) insertTag.run(request.table.id, tag, Number(extent?.['id']))
  return extentId
}
