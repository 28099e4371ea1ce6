/**
 * Forwarding to Azure Data Explorer: no event is left out, and none arrives twice under its tag. Batches are frozen
 * before they are sent. The Kusto SDK is loaded by the first batch and never by an HTTP request. Must not read or change
 * events other than through the feed of shared/subscriptions.
 */
export { AnalyticsForwarder, batchIdOf, FORWARDER_NAME, MAPPING, TABLE } from './forwarder.ts'
export { analyticsColumns, analyticsLine } from './analytics-line.ts'
export { batchLimits } from './batch-content.ts'
export type { KustoSender, SendOptions } from './kusto.chunk.ts'
