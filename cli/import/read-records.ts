import { openFile, openStream, type InputFile, type OpenInput } from './open-input.ts'
import type { InputFormat } from './input-format.ts'
import { readCsv } from './read-csv.ts'
import { fileStart, readLines, type ReadFrom } from './read-lines.ts'
import type { SourceRecord } from './source-record.ts'

/** Standard input, or a file. */
export type RecordSource =
  | { readonly kind: 'file'; readonly file: InputFile }
  | { readonly kind: 'stream'; readonly stream: Parameters<typeof openStream>[0] }

/** Only lines of a file as it is can be begun in the middle; all else is read again, which costs little beside sending. */
function opened(
  source: RecordSource,
  format: InputFormat,
  from: ReadFrom,
): { input: OpenInput; start: ReadFrom } {
  if (source.kind === 'stream') return { input: openStream(source.stream), start: fileStart }
  const start = format.kind === 'ndjson' && !source.file.isCompressed ? from : fileStart
  return { input: openFile(source.file, start.bytes), start }
}

/**
 * The records behind a place, in blocks.
 * @param note told what a person should know of the file, once
 * @throws CommandFailure FILE_UNREADABLE, FILE_BROKEN, NOT_UTF8, CSV_BROKEN, CSV_HEADER
 */
export async function* readRecords(
  source: RecordSource,
  format: InputFormat,
  from: ReadFrom,
  note: (line: string) => void,
): AsyncGenerator<SourceRecord[]> {
  const { input, start } = opened(source, format, from)
  try {
    const blocks =
      format.kind === 'ndjson'
        ? readLines(input.chunks, start, input.consumedBytes)
        : readCsv(input.chunks, { delimiter: format.delimiter, consumedBytes: input.consumedBytes, note })
    for await (const block of blocks) {
      const behind = block.filter((record) => record.row > from.row)
      if (behind.length > 0) yield behind
    }
  } finally {
    input.close()
  }
}
