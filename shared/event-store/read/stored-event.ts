import { orElse, orNull, text } from '../../postgres/index.ts'
import type { ValueOf } from '../../postgres/index.ts'

/** A page has rows that are no event and only tell how far it has come; what they have none of is read as ''. */
const orEmpty = orElse(text, '')

/**
 * The columns of an event that every read function gives, for the column list of a statement. All of them are handed on
 * and none is reckoned with, so numbers, times and JSON stay as they are printed. They stand in the order of the functions:
 * the server then hands its rows on as they are.
 */
export const eventColumns = {
  version: orEmpty,
  source: orEmpty,
  eventId: orEmpty,
  type: orEmpty,
  schemaVersion: orEmpty,
  occurredAt: orEmpty,
  recordedAt: orEmpty,
  data: orEmpty,
  metadata: orNull(text),
  correlationId: orNull(text),
  causationId: orNull(text),
  traceParent: orNull(text),
} as const

export type EventColumns = {
  readonly [K in keyof typeof eventColumns]: ValueOf<(typeof eventColumns)[K]>
} & {
  /** The type that its stream had when it was written. */
  readonly streamType: string | null
}

/** An event with its stream. Times are PostgreSQL's text in UTC; data and metadata are JSON texts. */
export interface StoredEvent extends EventColumns {
  readonly streamId: string
}
