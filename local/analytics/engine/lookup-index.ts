import { sqlColumn, sqlTable } from './catalog.ts'
import type { EngineDatabase } from './database.ts'

/**
 * Indexes a column that queries look up by value. ADX indexes every column. Here an index for each of the eleven
 * columns would slow every ingestion, and most would never be used. Without any index the confirmation of one batch
 * would read a million rows.
 */
export async function ensureIndex(database: EngineDatabase, tableId: number, ordinal: number): Promise<void> {
  const name = `${sqlTable(tableId)}_lookup_${ordinal}`
  const known = database.reader
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?")
    .get(name)
  // If the write lock is taken, the index is left to a later query: a query must not wait for a long ingestion.
  if (known !== undefined || database.writing.isBusy()) return
  await database.writing.run(() => {
    database.writer.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${sqlTable(tableId)} (${sqlColumn(ordinal)})`)
  })
}
