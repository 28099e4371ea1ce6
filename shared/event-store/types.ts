/** An event as a caller gives it. Values are checked before they come here. */
export interface NewEvent {
  /** Unique per (tenant, source, id); made by the server when absent. */
  readonly id?: string | undefined
  readonly source?: string | undefined
  readonly type: string
  readonly schemaVersion?: number | undefined
  /** When it happened, RFC 3339 with at most microseconds; the time of recording when absent. */
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

export interface AppendRequest {
  readonly streamId: string
  readonly streamType?: string | undefined
  readonly expected: Expectation
  readonly events: readonly NewEvent[]
  readonly idempotency?: { readonly key: string; readonly fingerprint: Buffer } | null
  readonly trace?: TraceContext | null
  readonly signal?: AbortSignal | undefined
  readonly deadlineAtMs?: number | undefined
}

export interface AppendResult {
  readonly streamId: string
  readonly firstVersion: number
  readonly version: number
  readonly events: readonly { readonly id: string; readonly version: number }[]
  /** True when an earlier append was found instead: by its idempotency key or by its event ids. */
  readonly replayed: boolean
  /** True when it was the idempotency key that found it. */
  readonly replayedByKey: boolean
  readonly consistencyToken: string
}

export interface StreamInfo {
  readonly streamId: string
  readonly version: number
  readonly streamType: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

/** A page whose events are JSON texts, passed through as they are stored. */
export interface StreamPage {
  readonly events: readonly string[]
  readonly streamVersion: number
  /** Version to go on from in the same direction; null at the end. */
  readonly next: number | null
}

export interface FeedPage {
  readonly events: readonly string[]
  /** Checkpoint token behind the last event looked at; always there. */
  readonly next: string
}
