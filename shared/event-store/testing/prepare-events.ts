import type { AppendAllRequest, NewEvent, TraceContext } from '../types.ts'
import { jsonbIdentity, jsonbText } from './jsonb-text.ts'
import type { PreparedEvent } from './tenant-log.ts'
import { timestamptzOfRfc3339 } from './timestamp-text.ts'

/**
 * The events of each stream of an append in the form in which the database stores them.
 * @param ids of all events, in their order.
 */
export function prepareEvents(request: AppendAllRequest, ids: readonly string[]): PreparedEvent[][] {
  const left = ids.values()
  return request.streams.map(({ streamId, events }) =>
    events.map((event) => prepareEvent(streamId, event, left.next().value ?? '', request.trace ?? null)),
  )
}

function prepareEvent(
  streamId: string,
  event: NewEvent,
  eventId: string,
  trace: TraceContext | null,
): PreparedEvent {
  const { source = '', type, schemaVersion = 1, time, metadata = {}, correlationId, causationId } = event
  const data = JSON.stringify(event.data ?? null)
  // An empty metadata object is the same as none.
  const metadataJson = Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata)
  const content = [type, schemaVersion, jsonbIdentity(data), metadataJson && jsonbIdentity(metadataJson)]
  return {
    streamId,
    source,
    eventId,
    type,
    schemaVersion: String(schemaVersion),
    occurredAt: time === undefined ? null : timestamptzOfRfc3339(time, 'time'),
    data: jsonbText(data),
    metadata: metadataJson === null ? null : jsonbText(metadataJson),
    correlationId: correlationId ?? null,
    causationId: causationId ?? null,
    traceParent: trace?.traceParent ?? null,
    content: JSON.stringify([...content, correlationId ?? null, causationId ?? null]),
  }
}
