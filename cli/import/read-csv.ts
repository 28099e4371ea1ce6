import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { z } from 'zod'
import { CommandFailure } from '../frame/index.ts'
import { lineBytesMax } from './read-lines.ts'
import type { RecordContent, SourceRecord } from './source-record.ts'

/** Rows of one block: as many new tenants as one request makes. */
const blockRows = 1000

const parsedSchema = z.object({
  record: z.array(z.string()),
  raw: z.string(),
  info: z.object({ lines: z.int(), bytes: z.int() }),
})

const newline = 0x0a

/** The first line, of those that begin in a piece of text, that is not UTF-8. */
function lineNotUtf8(text: Buffer, linesBefore: number): number {
  let line = linesBefore + 1
  let start = 0
  for (let end = text.indexOf(newline); end !== -1; end = text.indexOf(newline, start)) {
    if (!isUtf8(text.subarray(start, end))) return line
    line += 1
    start = end + 1
  }
  return line
}

/**
 * Passes on what is UTF-8; the parser would put replacement characters in the place of the rest, and nobody would know.
 * Checked up to the last line break, where no character is cut in two.
 * @throws CommandFailure NOT_UTF8 with the line
 */
async function* onlyUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let lines = 0
  const checked = (text: Buffer): Buffer => {
    if (isUtf8(text)) {
      for (let at = text.indexOf(newline); at !== -1; at = text.indexOf(newline, at + 1)) lines += 1
      return text
    }
    throw new CommandFailure(
      'NOT_UTF8',
      `Line ${lineNotUtf8(text, lines)} is not UTF-8. Convert the file, for example: iconv -f latin1 -t utf-8`,
    )
  }
  for await (const chunk of chunks) {
    const cut = chunk.lastIndexOf(newline) + 1
    const whole = Buffer.concat([rest, chunk.subarray(0, cut)])
    rest = cut === 0 ? Buffer.concat([rest, chunk]) : chunk.subarray(cut)
    if (rest.length > lineBytesMax) throw tooLong(lines + 1)
    if (cut > 0) yield checked(whole)
  }
  if (rest.length > 0) yield checked(rest)
}

function tooLong(line: number): CommandFailure {
  return new CommandFailure(
    'CSV_BROKEN',
    `The row at line ${line} is longer than ${lineBytesMax} bytes: is a quote not closed there?`,
  )
}

/** A quote in the wrong place: where the rows after it begin is anybody's guess, so the reading ends there. */
function brokenCsv(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error
  if (error.code === 'CSV_MAX_RECORD_SIZE') return tooLong(Number(error['lines']))
  return new CommandFailure(
    'CSV_BROKEN',
    `The CSV is broken: ${error.message}. Mend it and run the import again; what is stored already is recognised.`,
    { cause: error },
  )
}

/** Names of the columns. @throws CommandFailure CSV_HEADER */
function headerOf(names: readonly string[]): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return names
  throw new CommandFailure('CSV_HEADER', `Line 1 is the header, and names the column "${twice}" twice.`)
}

function contentOf(header: readonly string[], values: readonly string[], text: string): RecordContent {
  if (values.length !== header.length) {
    const detail = `The row has ${values.length} fields, the header has ${header.length}.`
    return { kind: 'broken', code: 'CSV_RAGGED', detail, text }
  }
  // A column may be called __proto__.
  const fields = Object.fromEntries(header.map((name, index) => [name, values[index] ?? '']))
  return { kind: 'fields', fields, text }
}

/** The rows of a CSV file, in blocks. */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  consumedBytes: (textBytes: number) => number,
): AsyncGenerator<SourceRecord[]> {
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: lineBytesMax,
  })
  const feeding = pipeline(Readable.from(onlyUtf8(chunks)), parser)
  // Thrown where the rows are read.
  feeding.catch(() => undefined)
  let header: readonly string[] | undefined
  let row = 0
  let block: SourceRecord[] = []
  try {
    for await (const parsed of parser) {
      const { record, raw, info } = parsedSchema.parse(parsed)
      if (!header) {
        header = headerOf(record)
        continue
      }
      // The parser keeps the second half of a line break for the text of the row after it.
      const text = raw.replaceAll(/^[\r\n]+|[\r\n]+$/gu, '')
      row += 1
      block.push({
        line: info.lines - (text.split('\n').length - 1),
        row,
        end: { lines: info.lines, bytes: info.bytes },
        consumedBytes: consumedBytes(info.bytes),
        content: contentOf(header, record, text),
      })
      // The rows of one chunk make a block (the parser pushes them together): a slow source is not held up.
      if (block.length >= blockRows || parser.readableLength === 0) {
        yield block
        block = []
      }
    }
  } catch (error) {
    throw brokenCsv(error)
  }
  if (block.length > 0) yield block
}
