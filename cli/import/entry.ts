import type { SourceRecord } from './source-record.ts'

/** What one record became: an event to send, or what is known about it without asking the server. */
export interface Entry {
  readonly record: SourceRecord
  /** False for all but the last of the events that a mapping made of one record. */
  readonly endsRecord: boolean
  readonly what:
    | { readonly kind: 'event'; readonly line: Buffer; readonly tenant: string | null }
    | { readonly kind: 'rejected'; readonly code: string; readonly detail: string }
    | { readonly kind: 'skipped' }
}

/** What became of an entry in the end. */
export type Outcome =
  | { readonly outcome: 'appended' | 'duplicate' | 'skipped' }
  | { readonly outcome: 'rejected'; readonly code: string; readonly detail: string }
