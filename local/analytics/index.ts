/**
 * A stand-in for Azure Data Explorer on this machine. It speaks Kusto's wire protocols to the real SDKs
 * (azure-kusto-ingest, azure-kusto-data): queued ingestion through storage, streaming ingestion, commands and a subset
 * of KQL.
 *
 * Invariants:
 * - It keeps what the real service would keep, duplicates included, and loses what the real service would lose: a value
 *   that does not fit its column becomes null without an error.
 * - What it has accepted is on disk and survives a kill. A queue message is deleted only after its rows are committed.
 * - All requests of a client go to one address, storage requests too. A proxy in front of it can disturb all of them.
 * - What it does not support is refused, and the message names it. Its numbers are exact, those of dcount() and
 *   percentile() too.
 * It must not read PostgreSQL, and must not be imported by functions/ or shared/.
 */
export { startAnalytics } from './stand-in.ts'
export type { AnalyticsOptions, RunningAnalytics } from './stand-in.ts'
