import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LocalFailure, fileFailure } from '../../failure/index.ts'
import { createWriteLock } from './write-lock.ts'
import type { WriteLock } from './write-lock.ts'
import { registerScalarFunctions } from './scalar-functions.ts'

/** Kilobytes of pages that each connection keeps in memory. Pages that do not fit go to the disk. */
const CACHE_KILOBYTES = 32 * 1024

/** Raised by each change of the layout that an older program could not read. */
const LAYOUT_VERSION = 1

const LAYOUT = `
CREATE TABLE IF NOT EXISTS instance (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kusto_tables (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, folder TEXT NOT NULL, docstring TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS kusto_columns (
  table_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  PRIMARY KEY (table_id, ordinal), UNIQUE (table_id, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kusto_mappings (
  table_id INTEGER NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, updated_on INTEGER NOT NULL,
  PRIMARY KEY (table_id, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kusto_views (
  name TEXT PRIMARY KEY, table_id INTEGER NOT NULL, query TEXT NOT NULL, keys TEXT NOT NULL, properties TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kusto_policies (
  entity_kind TEXT NOT NULL, entity TEXT NOT NULL, policy TEXT NOT NULL, definition TEXT NOT NULL,
  PRIMARY KEY (entity_kind, entity, policy)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kusto_extents (
  id INTEGER PRIMARY KEY, extent_id TEXT NOT NULL, table_id INTEGER NOT NULL, created_on INTEGER NOT NULL,
  row_count INTEGER NOT NULL, original_bytes INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS kusto_extents_of_table ON kusto_extents (table_id);
CREATE TABLE IF NOT EXISTS kusto_extent_tags (
  table_id INTEGER NOT NULL, tag TEXT NOT NULL, extent INTEGER NOT NULL, PRIMARY KEY (table_id, tag, extent)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kusto_tags_of_extent ON kusto_extent_tags (extent);
CREATE TABLE IF NOT EXISTS handled_messages (
  message_id TEXT PRIMARY KEY, blob TEXT NOT NULL, handled_on INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS handled_messages_by_time ON handled_messages (handled_on);
`

/** The SQLite file of one Kusto database. */
export interface EngineDatabase {
  /**
   * The connection for all changes. Use it only inside `writing.run`: an ingestion's transaction stays open while its
   * blob is downloaded, and a change from elsewhere would become part of that transaction.
   */
  readonly writer: DatabaseSync
  /** Sees committed rows only. */
  readonly reader: DatabaseSync
  readonly writing: WriteLock
  close(): void
}

/**
 * Opens (or makes) the database of a data folder.
 * @throws LocalFailure DATA_FOLDER_BROKEN, DATA_FOLDER_OTHER_VERSION
 */
export function openDatabase(dataFolder: string): EngineDatabase {
  const file = join(dataFolder, 'analytics.sqlite')
  try {
    const writer = openFile(file)
    checkLayout(writer, file)
    const reader = openFile(file)
    return {
      writer,
      reader,
      writing: createWriteLock(),
      close: () => {
        reader.close()
        writer.close()
      },
    }
  } catch (error) {
    if (error instanceof LocalFailure) throw error
    throw (
      fileFailure(error, file) ??
      new LocalFailure({
        code: 'DATA_FOLDER_BROKEN',
        what: `The analytics data cannot be opened: ${error instanceof Error ? error.message : String(error)}.`,
        where: file,
        mend: 'Start with --fresh to clear the local data.',
        cause: error,
      })
    )
  }
}

function openFile(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5000 })
  // WAL: readers see the last commit while a transaction is open. synchronous=FULL: a commit is on the disk before its
  // queue message is deleted. Otherwise a power cut could lose rows that the sender already counts as ingested.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -${CACHE_KILOBYTES};
    PRAGMA temp_store = FILE;
  `)
  registerScalarFunctions(database)
  return database
}

function checkLayout(database: DatabaseSync, file: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (found !== 0 && found !== LAYOUT_VERSION) {
    throw new LocalFailure({
      code: 'DATA_FOLDER_OTHER_VERSION',
      what: `The analytics data has layout ${found}; this program writes layout ${LAYOUT_VERSION}.`,
      where: file,
      mend: 'Start with --fresh to clear the local data.',
    })
  }
  database.exec(LAYOUT)
  database.exec(`PRAGMA user_version = ${LAYOUT_VERSION}`)
}
