import { Transform } from 'node:stream'
import type { Readable, TransformCallback } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { RECORD_BYTES_MAX } from '../limits.ts'
import { IngestionFailure } from './ingestion-failure.ts'

/** Counts bytes and refuses more than `maxBytes`: a small gzip file can hold a very large text. */
class ByteLimit extends Transform {
  count = 0
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    super()
    this.#maxBytes = maxBytes
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.count += chunk.length
    if (this.count <= this.#maxBytes) done(null, chunk)
    else
      done(new IngestionFailure('BadRequest_FileTooLarge', `The data has more than ${this.#maxBytes} bytes.`))
  }
}

/** Bytes of text. Compressed bytes are uncompressed while they are read. */
export interface TextSource {
  readonly chunks: AsyncIterable<Buffer>
  /** Uncompressed bytes read so far. */
  bytesRead(): number
}

/**
 * @throws IngestionFailure while the text is read: BadRequest_FileTooLarge; BadRequest_InvalidArchive when the bytes
 *   are not gzip
 */
export function openText(bytes: Readable, options: { gzip: boolean; maxBytes: number }): TextSource {
  const limit = new ByteLimit(options.maxBytes)
  const gunzip = options.gzip ? createGunzip() : undefined
  gunzip?.on('error', (cause) => {
    limit.destroy(
      new IngestionFailure('BadRequest_InvalidArchive', `The data is not gzip: ${cause.message}.`, { cause }),
    )
  })
  bytes.on('error', (error) => {
    gunzip?.destroy()
    limit.destroy(error)
  })
  limit.on('close', () => {
    bytes.destroy()
    gunzip?.destroy()
  })
  if (gunzip === undefined) bytes.pipe(limit)
  else bytes.pipe(gunzip).pipe(limit)
  return { chunks: limit as AsyncIterable<Buffer>, bytesRead: () => limit.count }
}

const LINE_FEED = 10
const BYTE_ORDER_MARK = '\uFEFF'

/** The lines of a text, one after the other, without line ends. @throws IngestionFailure when a line is too long */
export async function* linesOf(source: TextSource): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let length = 0
  let isFirst = true
  const take = (): string => {
    const line = decode(parts)
    parts = []
    length = 0
    const text = isFirst && line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line
    isFirst = false
    return text
  }
  for await (const chunk of source.chunks) {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end))
      yield take()
      start = end + 1
    }
    const rest = chunk.subarray(start)
    parts.push(rest)
    length += rest.length
    if (length > RECORD_BYTES_MAX) {
      throw new IngestionFailure(
        'Stream_InputStreamTooLarge',
        `A record has more than ${RECORD_BYTES_MAX} bytes.`,
      )
    }
  }
  if (length > 0) yield take()
}

function decode(parts: readonly Buffer[]): string {
  // Bytes that are not valid UTF-8 become U+FFFD, as in ADX.
  return Buffer.concat(parts).toString('utf8')
}

/** The whole text. */
export async function wholeText(source: TextSource): Promise<string> {
  const parts: Buffer[] = []
  for await (const chunk of source.chunks) parts.push(chunk)
  const text = decode(parts)
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}
