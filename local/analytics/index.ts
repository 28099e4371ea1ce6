/**
 * A stand-in for Azure Data Explorer on this machine. It speaks Kusto's wire protocols to the real SDKs
 * (azure-kusto-ingest, azure-kusto-data): queued ingestion through storage, streaming ingestion, commands and a subset
 * of KQL.
 *
 * Invariants:
 * - It keeps what the real service would keep, doubles included, and loses what the real service would lose: a value
 *   that does not fit its column becomes null without a word.
 * - What it has taken it has on disk, through kill and restart; a queue message goes only after its rows are committed.
 * - One address carries all that a client does, storage included, so that a fault before it is a fault of everything.
 * - It refuses what it does not support, by name; its numbers (dcount too) are exact.
 * It must not read PostgreSQL, and must not be imported by functions/ or shared/.
 */
export { startAnalytics } from './stand-in.ts'
export type { AnalyticsOptions, RunningAnalytics } from './stand-in.ts'
