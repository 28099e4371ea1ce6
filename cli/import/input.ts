import { createHash } from 'node:crypto'
import { createReadStream, realpathSync } from 'node:fs'
import type { ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { systemCode } from '../../local/failure/index.ts'
import { CommandFailure, UsageError } from '../frame/index.ts'
import type { SourceRecord } from './entries.ts'
import { readCsv } from './read-csv.ts'
import { fileStart, readLines } from './read-lines.ts'
import type { ReadFrom } from './read-lines.ts'
import { unpack } from './unpack.ts'

export interface InputFormat {
  readonly kind: 'csv' | 'ndjson'
  /** The separator of CSV: one character. */
  readonly delimiter: string
}

const kindOfExtension: Readonly<Record<string, InputFormat>> = {
  ndjson: { kind: 'ndjson', delimiter: '' },
  jsonl: { kind: 'ndjson', delimiter: '' },
  csv: { kind: 'csv', delimiter: ',' },
  tsv: { kind: 'csv', delimiter: '\t' },
}

/**
 * The format of a file: from the option, or from the name (.ndjson, .jsonl, .csv, .tsv, each with or without .gz).
 * @param file `-` is standard input, which is NDJSON unless an option says otherwise
 * @throws UsageError when the format is not known
 */
export function formatOf(
  file: string,
  options: { format?: string | undefined; delimiter?: string | undefined },
): InputFormat {
  const extension = /\.([^./\\]+)$/u.exec(file.toLowerCase().replace(/\.gz$/u, ''))?.[1]
  const name = options.format ?? (file === '-' ? 'ndjson' : extension)
  const format = name === undefined ? undefined : kindOfExtension[name]
  if (!format) {
    throw new UsageError(
      options.format === undefined
        ? `The format of "${file}" can't be told from its name: say --format ndjson or --format csv.`
        : `--format takes ndjson or csv, not "${options.format}".`,
    )
  }
  if (options.delimiter === undefined) return format
  if (format.kind !== 'csv') throw new UsageError('--delimiter is for CSV.')
  return { ...format, delimiter: delimiterOf(options.delimiter) }
}

/** Names for a tab, which is hard to type in a shell. */
const TAB_NAMES = ['tab', String.raw`\t`]

function delimiterOf(text: string): string {
  if (TAB_NAMES.includes(text)) return '\t'
  if (text.length === 1 && !/["\r\n]/u.test(text)) return text
  throw new UsageError(`--delimiter takes one character (or "tab"), not "${text}".`)
}

/** Tells whether a file has changed, without reading the whole file. */
export interface InputIdentity {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly firstBlockSha256: string
}

export interface InputFile {
  readonly identity: InputIdentity
  readonly isCompressed: boolean
}

/** An input that is being read. */
export interface OpenInput {
  readonly chunks: AsyncIterable<Buffer>
  /** How many bytes on disk these bytes of text were read from. */
  readonly consumedBytes: (textBytes: number) => number
  readonly close: () => void
}

/** So long that two exports of the same kind differ in it. */
const FIRST_BLOCK_BYTES = 65_536

/** Some two thousand lines: enough to keep the sender busy, and small compared with a request. */
const CHUNK_BYTES = 262_144

const UTF16_MARKS = ['fffe', 'feff']

/**
 * Examines a file before it is read.
 * @throws CommandFailure FILE_UNREADABLE, NOT_UTF8 for UTF-16
 */
export async function inspectFile(file: string): Promise<InputFile> {
  let handle
  try {
    handle = await open(file, 'r')
    const stat = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_BLOCK_BYTES), 0, FIRST_BLOCK_BYTES, 0)
    const block = buffer.subarray(0, bytesRead)
    if (UTF16_MARKS.includes(block.toString('hex', 0, 2))) {
      throw new CommandFailure(
        'NOT_UTF8',
        `${file} is UTF-16. Convert it, for example: iconv -f utf-16 -t utf-8`,
      )
    }
    return {
      identity: {
        path: realpathSync(file),
        sizeBytes: stat.size,
        modifiedMs: stat.mtimeMs,
        firstBlockSha256: createHash('sha256').update(block).digest('hex'),
      },
      // Decided by the content, since the name may not show it.
      isCompressed: block.toString('hex', 0, 2) === '1f8b',
    }
  } catch (error) {
    throw error instanceof CommandFailure ? error : unreadable(file, error)
  } finally {
    await handle?.close()
  }
}

function unreadable(file: string, error: unknown): CommandFailure {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `There is no file ${file}.`,
    EISDIR: `${file} is a folder; import takes a file.`,
    EACCES: `This account may not read ${file}.`,
  }
  const words = error instanceof Error ? error.message : String(error)
  const reason = reasons[systemCode(error) ?? ''] ?? `${file} can't be read: ${words}`
  return new CommandFailure('FILE_UNREADABLE', reason, { cause: error })
}

/**
 * Begins to read a file. A compressed file is unpacked.
 * @param fromByte where to begin; used only for a file that is not compressed
 */
export function openFile({ identity, isCompressed }: InputFile, fromByte: number): OpenInput {
  let reading: ReadStream | undefined
  const read = (start: number): ReadStream => {
    reading?.destroy()
    reading = createReadStream(identity.path, { start, highWaterMark: CHUNK_BYTES })
    return reading
  }
  return {
    chunks: explained(isCompressed ? unpack(() => read(0)) : read(fromByte), identity.path),
    consumedBytes: (textBytes) => (isCompressed ? (reading?.bytesRead ?? 0) : textBytes),
    close: () => reading?.destroy(),
  }
}

async function* explained(stream: AsyncIterable<unknown>, file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (error) {
    if (systemCode(error)?.startsWith('Z_') !== true) throw unreadable(file, error)
    throw new CommandFailure(
      'FILE_BROKEN',
      `The compressed file ${file} is damaged, cut off, or followed by something else: ${error instanceof Error ? error.message : ''}. What could be unpacked before that is imported.`,
      { cause: error },
    )
  }
}

/** Standard input or another stream: it can be read only once, and its length is not known. */
export function openStream(stream: Readable): OpenInput {
  return {
    chunks: explained(stream, 'the input'),
    consumedBytes: (textBytes) => textBytes,
    close: () => stream.destroy(),
  }
}

/** Standard input, or a file. */
export type RecordSource =
  | { readonly kind: 'file'; readonly file: InputFile }
  | { readonly kind: 'stream'; readonly stream: Parameters<typeof openStream>[0] }

/**
 * The records after `from`, in blocks.
 * @param note is called with what a person should know about the file, once
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
      const following = block.filter((record) => record.row > from.row)
      if (following.length > 0) yield following
    }
  } finally {
    input.close()
  }
}

/**
 * Only a file of NDJSON that is not compressed can be read from the middle. All other input is read from its start,
 * which costs little compared with sending.
 */
function opened(
  source: RecordSource,
  format: InputFormat,
  from: ReadFrom,
): { input: OpenInput; start: ReadFrom } {
  if (source.kind === 'stream') return { input: openStream(source.stream), start: fileStart }
  const start = format.kind === 'ndjson' && !source.file.isCompressed ? from : fileStart
  return { input: openFile(source.file, start.bytes), start }
}
