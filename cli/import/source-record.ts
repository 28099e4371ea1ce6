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
const shownCharactersMax = 65_536

/** The record as text, for the file of rejects. */
export function sourceText(content: RecordContent): string {
  const text = content.kind === 'line' ? content.bytes.toString('utf8') : content.text
  return text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}…` : text
}
