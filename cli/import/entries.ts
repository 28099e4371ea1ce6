import { z } from 'zod'

/** One record of the file: a line of NDJSON or a row of CSV. */
export interface SourceRecord {
  /** Where it begins, counted from 1 as editors do. */
  readonly line: number
  /** Its number among the records, from 1. Blank lines and the CSV header are not counted. */
  readonly row: number
  /** Where the next record begins. After an interruption the import goes on there. */
  readonly end: RecordEnd
  /** How many bytes of the file on disk had been read for it. For the progress bar. */
  readonly consumedBytes: number
  readonly content: RecordContent
}

export interface RecordEnd {
  /** Number of lines before this place. */
  readonly lines: number
  /** Number of bytes of text before this place; for a compressed file, of the unpacked text. */
  readonly bytes: number
}

export type RecordContent =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, string>>; readonly text: string }
  /** The record can't be read, and why. The records after it can be read. */
  | { readonly kind: 'broken'; readonly code: string; readonly detail: string; readonly text: string }

/** So much of a rejected record is kept to find it by. To repair it, people take it from the input file. */
const SHOWN_CHARACTERS_MAX = 65_536

/** The record as text, for the file of rejects. */
export function sourceText(content: RecordContent): string {
  const text = content.kind === 'line' ? content.bytes.toString('utf8') : content.text
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text
}

/** What became of a record: an event to send, or an outcome that is known without the server. */
export interface Entry {
  readonly record: SourceRecord
  /** True for the last entry of its record: a mapping may make several events of one record. */
  readonly endsRecord: boolean
  readonly what:
    | { readonly kind: 'event'; readonly line: Buffer; readonly tenant: string | null }
    | { readonly kind: 'rejected'; readonly code: string; readonly detail: string }
    | { readonly kind: 'skipped' }
}

/** The final outcome of an entry. */
export type Outcome =
  | { readonly outcome: 'appended' | 'duplicate' | 'skipped' }
  | { readonly outcome: 'rejected'; readonly code: string; readonly detail: string }

/** How many entries of a file had each outcome. `read` is the sum of the others. */
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

/** Counts each entry under its outcome. `read` always agrees with the others, since it is computed as their sum. */
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
