import { timestampOfText } from '../../postgres/index.ts'
import type { EventColumns } from '../read/stored-event.ts'

/**
 * The event as clients see it, as the database's `event_json` makes it. Data and metadata are inserted as the database printed them. To parse and write them
 * again would cost twice the read and turn 12345678901234567 into another number. Optional members that an event does
 * not have are left out; a schema version of 1 is the default and left out too.
 */
export function eventJson(event: EventColumns, streamId: string): string {
  let text =
    `{"id":${quoted(event.eventId)},"source":${quoted(event.source)},"streamId":"${streamId}"` +
    `,"version":${event.version},"type":${quoted(event.type)},"time":"${timestampOfText(event.occurredAt)}"` +
    `,"recordedAt":"${timestampOfText(event.recordedAt)}"`
  if (event.streamType !== null) text += `,"streamType":${quoted(event.streamType)}`
  if (event.schemaVersion !== '1') text += `,"schemaVersion":${event.schemaVersion}`
  if (event.correlationId !== null) text += `,"correlationId":${quoted(event.correlationId)}`
  if (event.causationId !== null) text += `,"causationId":${quoted(event.causationId)}`
  if (event.traceParent !== null) text += `,"traceParent":${quoted(event.traceParent)}`
  return `${text},"data":${event.data},"metadata":${event.metadata ?? '{}'}}`
}

/** JSON escapes none of these characters. This test takes half the time of JSON.stringify. */
const PLAIN = /^[\w .:/@+-]*$/

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text))
