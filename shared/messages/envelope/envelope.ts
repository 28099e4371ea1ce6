import type { Expectation, NewEvent, ReservedName, TraceContext } from '../../event-store/index.ts'

/** What one message, or one CloudEvent of a batch, asks for. It was checked. */
export interface Envelope {
  /** A name of the tenant: its id, slug or external id. */
  readonly tenant: string
  /** What the message is known by: repeated with equal content it does nothing. Unique within tenant and source. */
  readonly id: string
  /** '' for an envelope without one. */
  readonly source: string
  /** Null where the message names none; a command need not. */
  readonly streamId: string | null
  readonly streamType: string | undefined
  readonly expected: Expectation
  readonly reservations: readonly ReservedName[] | undefined
  readonly releases: readonly ReservedName[] | undefined
  /** At least one; exactly one, with the envelope's id, unless the message has `events`. */
  readonly events: readonly [NewEvent, ...NewEvent[]]
  /** The message has `events`, a list, in place of a type and data. */
  readonly isList: boolean
  readonly trace: TraceContext | null
  /** SHA-256 of what the message says, without the tenant's name and the trace. */
  readonly fingerprint: Buffer
  /** Where in the message it stands: '' or, in a batch, its index, as `/3`. */
  readonly pointer: string
}
