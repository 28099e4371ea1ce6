import { CsvError, parse } from 'csv-parse'
import { z } from 'zod'
import { checkHeader, headerText, namedSeparator, separatorHint } from './csv-columns.ts'
import { brokenCsv, countBreaks, endlessRow, isBreak, utf8Lines } from './csv-text.ts'
import type { UnreadRows } from './csv-text.ts'
import type { RecordContent, SourceRecord } from './entries.ts'
import { LINE_BYTES_MAX } from './read-lines.ts'

/** Rows of one block: one request can create as many new tenants. */
const BLOCK_ROWS = 1000

const parsedSchema = z.object({ record: z.array(z.string()), info: z.object({ bytes: z.int() }) })

interface Row {
  readonly values: readonly string[]
  /** Where the row ends, in bytes of the parser's input. */
  readonly endBytes: number
}

/** Runs the parser row by row. In a stream, the rows that it has read before a failure would be lost. */
class RowParser {
  readonly #rows: Row[] = []
  readonly #parser

  /** @param carriageReturns whether CR alone ends a row, as on old Macs; otherwise it may stand in a field */
  constructor(delimiter: string, carriageReturns: boolean) {
    this.#parser = parse({
      delimiter,
      record_delimiter: carriageReturns ? ['\r\n', '\n', '\r'] : ['\r\n', '\n'],
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: LINE_BYTES_MAX,
      on_record: (parsed: unknown) => {
        const { record, info } = parsedSchema.parse(parsed)
        this.#rows.push({ values: record, endBytes: info.bytes })
        return null
      },
    })
    // Each call returns its own error. Without this listener the error would end the process.
    this.#parser.on('error', () => undefined)
    this.#parser.resume()
  }

  /** @returns the error, if there was one; the rows before it were read */
  async write(text: Buffer): Promise<Error | undefined> {
    return await new Promise((resolve) => {
      this.#parser.write(text, (error) => {
        resolve(error ?? undefined)
      })
    })
  }

  async end(): Promise<Error | undefined> {
    return await new Promise((resolve) => {
      this.#parser.once('error', resolve)
      this.#parser.end(() => {
        resolve(undefined)
      })
    })
  }

  takeRows(): Row[] {
    return this.#rows.splice(0)
  }
}

/** Knows where each row stands in the file. It keeps the parser's input that belongs to no row yet. */
class Place {
  #unread: Buffer = Buffer.alloc(0)
  #readBytes = 0
  #lines = 0
  /** Length of the lines before the parser's input. */
  readonly #bytesBefore: number

  constructor(skipped: Buffer) {
    this.#bytesBefore = skipped.length
    this.#lines = countBreaks(skipped)
  }

  add(text: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, text])
  }

  /** The text of the row that ends at `endBytes`, without the blank lines before it, and where it begins and ends. */
  take(endBytes: number): { text: string; line: number; end: { lines: number; bytes: number } } {
    const slice = this.#unread.subarray(0, endBytes - this.#readBytes)
    this.#unread = this.#unread.subarray(slice.length)
    this.#readBytes = endBytes
    let [first, last] = [0, slice.length]
    while (first < last && isBreak(slice[first])) first += 1
    while (last > first && isBreak(slice[last - 1])) last -= 1
    const line = this.#lines + countBreaks(slice.subarray(0, first)) + 1
    this.#lines += countBreaks(slice)
    const end = { lines: this.#lines, bytes: this.#bytesBefore + endBytes }
    return { text: slice.toString('utf8', first, last), line, end }
  }

  unread(delimiter: string): UnreadRows {
    return { text: this.#unread, linesBefore: this.#lines, delimiter }
  }
}

export interface CsvOptions {
  /** A first line such as `sep=;` in the file takes precedence over it. */
  readonly delimiter: string
  /** How many bytes on disk these bytes of text were read from. */
  readonly consumedBytes: (textBytes: number) => number
  /** Called when the header looks as if it was read with the wrong delimiter. */
  readonly note: (line: string) => void
}

/** Reads the rows of a CSV file. The header gives the fields their names. */
class CsvReading {
  readonly #options: CsvOptions
  readonly #delimiter: string
  readonly #parser: RowParser
  readonly #place: Place
  #header: readonly string[] | undefined
  #row = 0

  constructor(options: CsvOptions, first: Buffer) {
    const named = namedSeparator(first)
    this.#options = options
    this.#delimiter = named?.delimiter ?? options.delimiter
    const skipped = first.subarray(0, named?.bytes ?? 0)
    this.#parser = new RowParser(this.#delimiter, !first.includes('\n') && first.includes('\r'))
    this.#place = new Place(skipped)
    this.skippedBytes = skipped.length
  }

  /** Length of a first line such as `sep=;`, which is not a row; 0 if there is none. */
  readonly skippedBytes: number

  async *read(text: Buffer): AsyncGenerator<SourceRecord[]> {
    this.#place.add(text)
    yield* this.#settle(await this.#parser.write(text))
  }

  /** The last rows, which the parser has held back, since more input could have followed. */
  async *readEnd(): AsyncGenerator<SourceRecord[]> {
    yield* this.#settle(await this.#parser.end())
  }

  *#settle(error: Error | undefined): Generator<SourceRecord[]> {
    const records = this.#parser.takeRows().flatMap((row) => this.#recordOf(row) ?? [])
    for (let from = 0; from < records.length; from += BLOCK_ROWS) yield records.slice(from, from + BLOCK_ROWS)
    if (error === undefined) return
    const unread = this.#place.unread(this.#delimiter)
    if (!(error instanceof CsvError)) throw error
    throw error.code === 'CSV_MAX_RECORD_SIZE' ? endlessRow(unread) : brokenCsv(error, unread)
  }

  #recordOf({ values, endBytes }: Row): SourceRecord | undefined {
    const { text, line, end } = this.#place.take(endBytes)
    if (!this.#header) {
      this.#header = checkHeader(values, line)
      const hint = separatorHint(values)
      if (hint !== undefined)
        this.#options.note(`Line ${line} is the header, with ${headerText(values)}. ${hint}`)
      return undefined
    }
    this.#row += 1
    const consumedBytes = this.#options.consumedBytes(end.bytes)
    return { line, row: this.#row, end, consumedBytes, content: contentOf(this.#header, values, text) }
  }
}

function contentOf(header: readonly string[], values: readonly string[], text: string): RecordContent {
  if (values.length !== header.length) {
    const detail = `The row has ${values.length} fields, the header has ${header.length}.`
    return { kind: 'broken', code: 'CSV_RAGGED', detail, text }
  }
  // Object.fromEntries, since a column may be called __proto__: an assignment would set the prototype.
  const fields = Object.fromEntries(header.map((name, index) => [name, values[index] ?? '']))
  return { kind: 'fields', fields, text }
}

/**
 * The rows of a CSV file, in blocks. The rows of a chunk are returned at once, so that those of a slow source do not
 * wait.
 * @throws CommandFailure NOT_UTF8, CSV_BROKEN, CSV_HEADER, and what the reading of the chunks throws; the rows before
 * the failure are returned first
 */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  options: CsvOptions,
): AsyncGenerator<SourceRecord[]> {
  let reading: CsvReading | undefined
  try {
    for await (const text of utf8Lines(chunks)) {
      const isFirst = reading === undefined
      reading ??= new CsvReading(options, text)
      yield* reading.read(isFirst ? text.subarray(reading.skippedBytes) : text)
    }
  } catch (failure) {
    // The lines before the failure are complete. If the failure has cut off a row, that row is not reported as broken.
    yield* withoutFault(reading?.readEnd())
    throw failure
  }
  if (reading) yield* reading.readEnd()
}

async function* withoutFault<T>(blocks: AsyncGenerator<T> | undefined): AsyncGenerator<T> {
  try {
    if (blocks) yield* blocks
  } catch {
    // Only the first failure is reported.
  }
}
