import { createHash } from 'node:crypto'
import { createReadStream, realpathSync, type ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { CommandFailure } from '../frame/index.ts'
import { systemCode } from '../../local/failure/index.ts'
import { unpack } from './unpack.ts'

/** What tells one state of a file from another, without reading it whole. */
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
  /** How many bytes on disk so many bytes of text were. */
  readonly consumedBytes: (textBytes: number) => number
  readonly close: () => void
}

/** Enough that two exports of one kind differ in it. */
const firstBlockBytes = 65_536

/** Some two thousand lines: a block that keeps the sender busy, and small beside a request. */
const chunkBytes = 262_144

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

const utf16Marks = ['fffe', 'feff']

/**
 * Looks at a file before it is read.
 * @throws CommandFailure FILE_UNREADABLE, NOT_UTF8 for UTF-16
 */
export async function inspectFile(file: string): Promise<InputFile> {
  let handle
  try {
    handle = await open(file, 'r')
    const stat = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(firstBlockBytes), 0, firstBlockBytes, 0)
    const block = buffer.subarray(0, bytesRead)
    if (utf16Marks.includes(block.toString('hex', 0, 2))) {
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
      // By content, since the name may say nothing.
      isCompressed: block.toString('hex', 0, 2) === '1f8b',
    }
  } catch (error) {
    throw error instanceof CommandFailure ? error : unreadable(file, error)
  } finally {
    await handle?.close()
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

/**
 * Begins to read a file, unpacked where it is compressed.
 * @param fromByte of a file that is not compressed
 */
export function openFile({ identity, isCompressed }: InputFile, fromByte: number): OpenInput {
  let reading: ReadStream | undefined
  const read = (start: number): ReadStream => {
    reading?.destroy()
    reading = createReadStream(identity.path, { start, highWaterMark: chunkBytes })
    return reading
  }
  return {
    chunks: explained(isCompressed ? unpack(() => read(0)) : read(fromByte), identity.path),
    consumedBytes: (textBytes) => (isCompressed ? (reading?.bytesRead ?? 0) : textBytes),
    close: () => reading?.destroy(),
  }
}

/** Standard input, or any other stream: it can be read once, and has no known end. */
export function openStream(stream: Readable): OpenInput {
  return {
    chunks: explained(stream, 'the input'),
    consumedBytes: (textBytes) => textBytes,
    close: () => stream.destroy(),
  }
}
