import { timestampOfText, type Row } from '../../postgres/index.ts'

/** Columns of an event as the read functions return them, as text. */
export interface StoredEvent {
  readonly streamId: string
  /** The type that its stream had when it was written. */
  readonly streamType: string | null
  readonly version: string
  readonly source: string
  readonly eventId: string
  readonly type: string
  readonly schemaVersion: string
  readonly occurredAt: string
  readonly recordedAt: string
  readonly data: string
  readonly metadata: string | null
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly traceParent: string | null
}

/**
 * The event as clients see it. Data and metadata are pasted as the database printed them: parsing and writing them
 * again would cost twice the read and turn 12345678901234567 into another number. Optional members that an event does
 * not have are left out; a schema version of 1 is the default and left out too.
 */
export function eventJson(event: StoredEvent): string {
  let text =
    `{"id":${JSON.stringify(event.eventId)},"source":${JSON.stringify(event.source)},"streamId":"${event.streamId}"` +
    `,"version":${event.version},"type":${JSON.stringify(event.type)},"time":"${timestampOfText(event.occurredAt)}"` +
    `,"recordedAt":"${timestampOfText(event.recordedAt)}"`
  if (event.streamType !== null) text += `,"streamType":${JSON.stringify(event.streamType)}`
  if (event.schemaVersion !== '1') text += `,"schemaVersion":${event.schemaVersion}`
  if (event.correlationId !== null) text += `,"correlationId":${JSON.stringify(event.correlationId)}`
  if (event.causationId !== null) text += `,"causationId":${JSON.stringify(event.causationId)}`
  if (event.traceParent !== null) text += `,"traceParent":${JSON.stringify(event.traceParent)}`
  return `${text},"data":${event.data},"metadata":${event.metadata ?? '{}'}}`
}

/**
 * Reads the columns that every read function has in its rows, from `version` to `trace_parent`.
 * @param first index of the column `version`.
 */
export function storedEventOfRow(
  { streamId, streamType }: Pick<StoredEvent, 'streamId' | 'streamType'>,
  row: Row,
  first: number,
): StoredEvent {
  const column = (offset: number): string => row[first + offset] ?? ''
  const optional = (offset: number): string | null => row[first + offset] ?? null
  return {
    streamId,
    streamType,
    version: column(0),
    source: column(1),
    eventId: column(2),
    type: column(3),
    schemaVersion: column(4),
    occurredAt: column(5),
    recordedAt: column(6),
    data: column(7),
    metadata: optional(8),
    correlationId: optional(9),
    causationId: optional(10),
    traceParent: optional(11),
  }
}
