/**
 * Import: sends a file of events (NDJSON or CSV) to a running Trickle. Every line gets an outcome.
 *
 * Invariants: every record of the file becomes one or more entries, and every entry is counted exactly once as
 * appended, duplicate, rejected or skipped. Entries get their outcome in the order of the file, and a request begins
 * only when the request before it is settled, so that the lines of a stream are appended in file order. Memory holds at
 * most one request and one block that was read ahead. Progress is recorded only for settled entries, so that the next
 * run after a kill leaves no gap. A number is never changed on the way.
 * It must not access the database: it is a client of the public API.
 */
export { formatOf, inspectFile } from './input.ts'
export { loadMapping, MAPPING_VARIABLE_PREFIX } from './mapping.ts'
export { progressFileOf } from './progress.ts'
export { defaultRejectsFile } from './rejects-file.ts'
export { createReporter, summaryText } from './reporter.ts'
export type { Reporter } from './reporter.ts'
export { runImport } from './run-import.ts'
export type { ImportJob, ImportResult } from './run-import.ts'
export { targetOf } from './target.ts'
