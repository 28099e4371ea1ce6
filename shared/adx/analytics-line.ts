import { timestampOfText } from '../postgres/index.ts'
import type { FeedEvent } from '../subscriptions/index.ts'

interface AnalyticsColumn {
  /** Of the column, and of the member that the mapping reads. */
  readonly name: string
  readonly type: 'string' | 'long' | 'int' | 'datetime' | 'dynamic'
  /** The JSON of its value; null where the event has none, and the member is left out. */
  readonly json: (event: FeedEvent, batchId: string) => string | null
}

const quoted = (text: string | null): string | null => (text === null ? null : JSON.stringify(text))

/**
 * The table EventsRaw and its mapping EventsJson, as infra/kql has them. In the order of a line, which must not change: a
 * batch that was sealed must give the same bytes when it is sent again.
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
  // Pasted as they are stored: parsed and written again, a large number would be another one.
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
