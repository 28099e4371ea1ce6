import type { ReceiptKey } from '../receipts/index.ts'

/** An event as a caller gives it. Values are checked before they come here. */
export interface NewEvent {
  /** Unique per (tenant, source, id); made by the server when absent. */
  readonly id?: string | undefined
  readonly source?: string | undefined
  readonly type: string
  readonly schemaVersion?: number | undefined
  /** When it happened, RFC 3339, kept to the microsecond (shared/time); the time of recording when absent. */
  readonly time?: string | undefined
  /** Any JSON value; numbers that a double can't hold come as JSON.rawJSON. */
  readonly data: unknown
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
}

export type Expectation =
  | { readonly mode: 'any' }
  | { readonly mode: 'none' }
  | { readonly mode: 'exists' }
  | { readonly mode: 'version'; readonly version: number }

export interface TraceContext {
  readonly traceParent: string
  readonly traceState: string | null
}

/**
 * A name that one stream of a tenant can hold at a time, such as an account's e-mail address. Compared byte by byte.
 */
export interface ReservedName {
  /** The kind of name, such as `account-email`. 1 to 255 characters. */
  readonly set: string
  /** 1 to 255 characters. Convert it to one form (case, white space) before. */
  readonly value: string
}

/** What an append writes to one stream. */
export interface StreamWrite {
  readonly streamId: string
  /** Set by the first append. A later append with another type is refused. */
  readonly streamType?: string | undefined
  readonly expected: Expectation
  readonly events: readonly NewEvent[]
  /** Names that the stream holds from then on. It may hold a name already; another stream's name is NAME_TAKEN. */
  readonly reservations?: readonly ReservedName[] | undefined
  /** Names that the stream releases, before any is reserved. A name that it does not hold is NAME_NOT_HELD. */
  readonly releases?: readonly ReservedName[] | undefined
}

/** A condition on a stream that is not written. */
export interface StreamCondition {
  readonly streamId: string
  readonly expected: Expectation
}

export interface AppendOptions {
  readonly idempotency?: ReceiptKey | null
  readonly trace?: TraceContext | null
  readonly signal?: AbortSignal | undefined
  readonly deadlineAtMs?: number | undefined
}

export interface AppendRequest extends StreamWrite, AppendOptions {}

export interface AppendAllRequest extends AppendOptions {
  /** Each stream once. */
  readonly streams: readonly StreamWrite[]
  readonly conditions?: readonly StreamCondition[] | undefined
}

export interface WrittenStream {
  readonly streamId: string
  readonly firstVersion: number
  readonly version: number
  readonly events: readonly { readonly id: string; readonly version: number }[]
}

export interface Replay {
  /** True when an earlier append was found instead: by its idempotency key or by its event ids. */
  readonly replayed: boolean
  /** True when it was found by its idempotency key. */
  readonly replayedByKey: boolean
}

export interface AppendResult extends WrittenStream, Replay {
  readonly consistencyToken: string
}

export interface AppendAllResult extends Replay {
  /** In the order of the request. */
  readonly streams: readonly WrittenStream[]
  readonly consistencyToken: string
}

export interface StreamQuery {
  readonly streamId: string
  /** Inclusive; forward from 1 and backward from the end when absent. */
  readonly from?: number | undefined
  /** Inclusive: the last version forward, the lowest one backward. To the end when absent. */
  readonly to?: number | undefined
  readonly backward: boolean
  readonly types?: readonly string[] | undefined
  readonly limit: number
}

export interface FeedQuery {
  /** Checkpoint token of an earlier page; from the beginning when absent. Not together with `since`. */
  readonly after?: string | undefined
  /** RFC 3339: from the first event that was recorded at or after this time. */
  readonly since?: string | undefined
  readonly types?: readonly string[] | undefined
  /** Only events of streams of these types. */
  readonly streamTypes?: readonly string[] | undefined
  readonly limit: number
  /** Ask for the token after each event too, so that a reader can go on from any of them. */
  readonly withCheckpoints?: boolean | undefined
}

export interface StreamInfo {
  readonly streamId: string
  readonly version: number
  readonly streamType: string | null
  readonly createdAt: string
  readonly updatedAt: string
}
