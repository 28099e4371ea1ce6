/**
 * Ingestion: from queue messages, streams and inline text to rows.
 *
 * Invariants: a queue message is deleted only after its rows are committed; one malformed record fails its whole
 * source; a failure is reported with ADX's code on the failed-ingestions queue, and the message is deleted after that.
 */
export { sweepBlobs } from './blob-sweeper.ts'
export { IngestionFailure } from './ingestion-failure.ts'
export { ingestText } from './ingest-text.ts'
export type { TextIngestion } from './ingest-text.ts'
export { parseMapping } from './json-mapping.ts'
export { listProperty } from './queue-message.ts'
export { QueueWorker } from './queue-worker.ts'
export { createWake } from './wake.ts'
export type { Wake } from './wake.ts'
