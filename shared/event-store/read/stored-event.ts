import { orElse, orNull, text } from '../../postgres/index.ts'
import type { ValueOf } from '../../postgres/index.ts'

/** A page has a last row that is no event and only has the point that was reached. Its other columns are read as ''. */
const orEmpty = orElse(text, '')

/**
 * The columns of an event that the functions of the shared feed return, for the column list of a statement. They are only passed
 * on, so numbers, times and JSON stay the texts that the server printed. They have the order of the functions' columns:
 * then the server can pass its rows on unchanged.
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
