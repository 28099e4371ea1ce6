/**
 * The database behind the stand-in: tables, mappings, views, policies, rows and extents in one SQLite file.
 *
 * Invariants:
 * - An ingestion is one transaction (rows, extent, tags, the queue message it came from); what is acknowledged is on
 *   the disk.
 * - No row is ever removed or merged, and duplicates are kept. Only `ingestIfNotExists` skips an ingestion, by its tag.
 * - Readers see committed rows only. Everything that writes holds the write lock.
 * It must not know of HTTP, queues or KQL.
 */
export { openDatabase } from './database.ts'
export type { EngineDatabase } from './database.ts'
export { createMergeTable, findTable, listTables, sqlColumn, sqlTable, tableOf } from './catalog.ts'
export type { Table, TableColumn, TableDefinition } from './catalog.ts'
export { findMapping, listMappings, putMapping } from './mappings.ts'
export type { StoredMapping } from './mappings.ts'
export { ENCODING_NAMES, findPolicy, maxValueBytes, putPolicy, removePolicy } from './policies.ts'
export type { PolicyEntityKind, PolicyKey } from './policies.ts'
export { findView, firstOfKeyCondition, listViews, putView } from './views.ts'
export type { View, ViewDefinition } from './views.ts'
export { ingest } from './extents.ts'
export type { IngestionOutcome, IngestionRequest, RowFeed } from './extents.ts'
export { listExtents } from './extent-list.ts'
export type { Extent, TagFilter } from './extent-list.ts'
export { countHandled, forgetHandled, handledBefore, isHandled, recordHandled } from './handled-messages.ts'
export type { HandledMessage } from './handled-messages.ts'
export { instanceName } from './instance.ts'
export { ensureIndex } from './lookup-index.ts'
