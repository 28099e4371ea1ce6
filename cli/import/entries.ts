import { z } from 'zod'

/** One record of the file, as it was found: a line of NDJSON or a row of CSV. */
export interface SourceRecord {
  /** Where it begins, counted from 1 as editors do. */
  readonly line: number
  /** Its number among the records, from 1: blank lines and the CSV header are none. */
  readonly row: number
  /** Where the next one begins: the way back to this place after an interruption. */
  readonly end: RecordEnd
  /** How far the file was read for it, for the progress bar: bytes as they are on disk. */
  readonly consumedBytes: number
  readonly content: RecordContent
}

export interface RecordEnd {
  /** Lines of the file up to here. */
  readonly lines: number
  /** Bytes of the text up to here; what a compressed file holds is counted unpacked. */
  readonly bytes: number
}

export type RecordContent =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, string>>; readonly text: string }
  /** It can't be read, and why; the records after it can. */
  | { readonly kind: 'broken'; readonly code: string; readonly detail: string; readonly text: string }

/** As much of a rejected record is kept as helps to find it; a mended one is taken from the file itself. */
const SHOWN_CHARACTERS_MAX = 65_536

/** The record as text, for the file of rejects. */
export function sourceText(content: RecordContent): string {
  const text = content.kind === 'line' ? content.bytes.toString('utf8') : content.text
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text
}

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

/** What became of the entries of a file; `read` is the sum of the others. */
export const countsSchema = z.object({
  read: z.int(),
  appended: z.int(),
  duplicates: z.int(),
  rejected: z.int(),
  skipped: z.int(),
})

export type Counts = Readonly<z.infer<typeof countsSchema>>

export const noCounts: Counts = { read: 0, appended: 0, duplicates: 0, rejected: 0, skipped: 0 }

const memberOf: Readonly<Record<Outcome['outcome'], Exclude<keyof Counts, 'read'>>> = {
  appended: 'appended',
  duplicate: 'duplicates',
  rejected: 'rejected',
  skipped: 'skipped',
}

/** Counts each entry under its outcome; `read` can't drift from the others, since it is their sum. */
export class Tally {
  readonly #counts: Record<Exclude<keyof Counts, 'read'>, number>

  /** @param before what earlier runs on the same file have counted */
  constructor(before: Counts = noCounts) {
    const { appended, duplicates, rejected, skipped } = before
    this.#counts = { appended, duplicates, rejected, skipped }
  }

  add(outcome: Outcome['outcome']): void {
    this.#counts[memberOf[outcome]] += 1
  }

  get counts(): Counts {
    const { appended, duplicates, rejected, skipped } = this.#counts
    return { read: appended + duplicates + rejected + skipped, appended, duplicates, rejected, skipped }
  }
}
