import { CsvError, parse } from 'csv-parse'
import { z } from 'zod'
import { checkHeader, headerText, namedSeparator, separatorHint } from './csv-columns.ts'
import { brokenCsv, countBreaks, endlessRow, isBreak, utf8Lines } from './csv-text.ts'
import type { UnreadRows } from './csv-text.ts'
import type { RecordContent, SourceRecord } from './entries.ts'
import { LINE_BYTES_MAX } from './read-lines.ts'

/** Rows of one block: as many new tenants as one request makes. */
const BLOCK_ROWS = 1000

const parsedSchema = z.object({ record: z.array(z.string()), info: z.object({ bytes: z.int() }) })

interface Row {
  readonly values: readonly string[]
  /** Where it ends, in bytes of what the parser was given. */
  readonly endBytes: number
}

/** The parser, row by row: what it has read before it fails is not lost, as it would be inside of a stream. */
class RowParser {
  readonly #rows: Row[] = []
  readonly #parser

  /** @param carriageReturns whether CR alone ends a row, as on old Macs; else it may stand in a field */
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
    // Each call returns its own error; without a listener it would end the process.
    this.#parser.on('error', () => undefined)
    this.#parser.resume()
  }

  /** @returns what went wrong, if anything; the rows before it are there */
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

/** Knows where in the file a row stands: of what was given to the parser it keeps what no row has taken yet. */
class Place {
  #unread: Buffer = Buffer.alloc(0)
  #readBytes = 0
  #lines = 0
  /** Of the lines before the first one that the parser was given. */
  readonly #bytesBefore: number

  constructor(skipped: Buffer) {
    this.#bytesBefore = skipped.length
    this.#lines = countBreaks(skipped)
  }

  add(text: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, text])
  }

  /** The text of the row that ends there, without the blank lines before it, and where it begins and ends. */
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
  /** A first line `sep=;` stands above it. */
  readonly delimiter: string
  /** How many bytes on disk so many bytes of text were. */
  readonly consumedBytes: (textBytes: number) => number
  /** Told when the header looks as if it were read with the wrong delimiter. */
  readonly note: (line: string) => void
}

/** The rows of a CSV file as they are read: the header makes fields of them. */
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

  /** Length of the first line `sep=;`, which is no row; 0 without one. */
  readonly skippedBytes: number

  async *read(text: Buffer): AsyncGenerator<SourceRecord[]> {
    this.#place.add(text)
    yield* this.#settle(await this.#parser.write(text))
  }

  /** The rest that the parser has held back, since more might have followed. */
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
  // A column may be called __proto__.
  const fields = Object.fromEntries(header.map((name, index) => [name, values[index] ?? '']))
  return { kind: 'fields', fields, text }
}

/**
 * The rows of a CSV file, in blocks; those of one chunk together, so that a slow source is not held up.
 * @throws CommandFailure NOT_UTF8, CSV_BROKEN, CSV_HEADER, and what the reading of the chunks throws: after the rows
 *   before it
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
    // The lines before it are whole. A row that only this failure has cut off is no fault of the file's.
    yield* withoutFault(reading?.readEnd())
    throw failure
  }
  if (reading) yield* reading.readEnd()
}

async function* withoutFault<T>(blocks: AsyncGenerator<T> | undefined): AsyncGenerator<T> {
  try {
    if (blocks) yield* blocks
  } catch {
    // The failure that came first is the one to tell.
  }
}
