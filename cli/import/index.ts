/**
 * Import: a file of events (NDJSON or CSV) goes to a running Trickle, line by line, each with an outcome.
 *
 * Invariants: every record of the file becomes one or more entries, and every entry is counted exactly once as
 * appended, duplicate, rejected or skipped; entries are settled in the order of the file, and a request begins when the
 * one before it has settled, so that the lines of a stream are appended in file order; what is in memory is bounded by
 * one request and one block read ahead; progress is recorded only of what is settled, so that a run that was killed
 * goes on without a gap; a number is never changed on the way.
 * It must not touch the database: it is a client of the public API.
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
