import { timestampOfText } from '../postgres/index.ts'
import type { FeedEvent } from '../subscriptions/index.ts'

interface AnalyticsColumn {
  /** Name of the column, and of the JSON member that the mapping reads. */
  readonly name: string
  readonly type: 'string' | 'long' | 'int' | 'datetime' | 'dynamic'
  /** The column's value as JSON. Null if the event has no such value: the member is then left out. */
  readonly json: (event: FeedEvent, batchId: string) => string | null
}

const quoted = (text: string | null): string | null => (text === null ? null : JSON.stringify(text))

/**
 * The columns of the table EventsRaw and of its mapping EventsJson, as in infra/kql. They are in the order in which
 * they stand in a line. This order must not change: a sealed batch must give the same bytes when it is sent again.
 */
export const analyticsColumns: readonly AnalyticsColumn[] = [
  { name: 'TenantId', type: 'string', json: ({ tenantId }) => `"${tenantId}"` },
  { name: 'Source', type: 'string', json: ({ source }) => JSON.stringify(source) },
  { name: 'EventId', type: 'string', json: ({ eventId }) => JSON.stringify(eventId) },
  { name: 'StreamId', type: 'string', json: ({ streamId }) => `"${streamId}"` },
  { name: 'Version', type: 'long', json: ({ version }) => version },
  { name: 'EventType', type: 'string', json: ({ type }) => JSON.stringify(type) },
  { name: 'OccurredAt', type: 'datetime', json: ({ occurredAt }) => `"${timestampOfText(occurredAt)}"` },
  { name: 'RecordedAt', type: 'datetime', json: ({ recordedAt }) => `"${timestampOfText(recordedAt)}"` },
  { name: 'SchemaVersion', type: 'int', json: ({ schemaVersion }) => schemaVersion },
  // The stored JSON text is copied as it is. If it were parsed and written again, a large number would change.
  { name: 'Payload', type: 'dynamic', json: ({ data }) => data },
  { name: 'Metadata', type: 'dynamic', json: ({ metadata }) => metadata ?? '{}' },
  { name: 'StreamType', type: 'string', json: ({ streamType }) => quoted(streamType) },
  { name: 'TraceParent', type: 'string', json: ({ traceParent }) => quoted(traceParent) },
  { name: 'CorrelationId', type: 'string', json: ({ correlationId }) => quoted(correlationId) },
  { name: 'CausationId', type: 'string', json: ({ causationId }) => quoted(causationId) },
  { name: 'Position', type: 'long', json: ({ position }) => String(position) },
  { name: 'BatchId', type: 'string', json: (_event, batchId) => `"${batchId}"` },
]

/** One event as a line of NDJSON, for the mapping EventsJson. */
export function analyticsLine(event: FeedEvent, batchId: string): string {
  let line = ''
  for (const { name, json } of analyticsColumns) {
    const value = json(event, batchId)
    if (value !== null) line += `${line === '' ? '{' : ','}"${name}":${value}`
  }
  return `${line}}\n`
}
