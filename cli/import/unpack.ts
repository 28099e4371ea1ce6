import { once } from 'node:events'
import { createGunzip } from 'node:zlib'

/** Small, since the whole output of a piece is held in memory, and it may be a thousand times as long. */
const PIECE_BYTES = 16_384

/** Unpacks piece by piece, and keeps the output before a failure, which a stream of Node would discard. */
class Unpacking {
  readonly #gunzip = createGunzip()
  #arrived: Buffer[] = []
  #failure: Error | undefined

  constructor() {
    this.#gunzip.on('data', (bytes: Buffer) => this.#arrived.push(bytes))
    this.#gunzip.on('error', (error) => (this.#failure = error))
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  async write(piece: Buffer): Promise<void> {
    // If a write fails, its callback may never be called.
    await new Promise<void>((resolve) => {
      this.#gunzip.once('error', resolve)
      this.#gunzip.write(piece, () => {
        this.#gunzip.off('error', resolve)
        resolve()
      })
    })
    await this.#drained()
  }

  async end(): Promise<void> {
    this.#gunzip.end()
    if (!this.#gunzip.closed) await once(this.#gunzip, 'close').catch(() => undefined)
  }

  /** What has been unpacked since the last call. */
  take(): Buffer {
    const taken = Buffer.concat(this.#arrived)
    this.#arrived = []
    return taken
  }

  close(): void {
    this.#gunzip.destroy()
  }

  /** Waits, since the stream passes its output on in a later turn of the event loop. */
  async #drained(): Promise<void> {
    while (this.#failure === undefined && this.#gunzip.readableLength > 0) await new Promise(setImmediate)
  }
}

/**
 * The text of a gzip file, of all its members. If the file is damaged, cut off, or followed by other data, everything
 * that can be unpacked is returned, to the last byte, and then zlib's error is thrown. zlib does not return its output
 * for the piece in which it fails. So the file is read a second time up to that piece, and the piece byte by byte.
 * @param read begins to read the file from its start
 */
export async function* unpack(read: () => AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [piecesDone, textBytes] = [0, 0]
  const unpacking = new Unpacking()
  try {
    for await (const chunk of read()) {
      for (const piece of piecesOf(chunk, PIECE_BYTES)) {
        await unpacking.write(piece)
        if (unpacking.failure) {
          yield* restBefore(read, piecesDone, textBytes)
          throw unpacking.failure
        }
        const text = unpacking.take()
        piecesDone += 1
        textBytes += text.length
        if (text.length > 0) yield text
      }
    }
    await unpacking.end()
    const text = unpacking.take()
    if (text.length > 0) yield text
    if (unpacking.failure) throw unpacking.failure
  } finally {
    unpacking.close()
  }
}

function* piecesOf(chunk: Buffer, bytes: number): Generator<Buffer> {
  for (let from = 0; from < chunk.length; from += bytes) yield chunk.subarray(from, from + bytes)
}

/** The text that the failing piece holds before its fault. */
async function* restBefore(
  read: () => AsyncIterable<Buffer>,
  piecesBefore: number,
  textBytesBefore: number,
): AsyncGenerator<Buffer> {
  const unpacking = new Unpacking()
  let [pieces, skip] = [0, textBytesBefore]
  const rest = (): Buffer => {
    const text = unpacking.take()
    const known = Math.min(skip, text.length)
    skip -= known
    return text.subarray(known)
  }
  try {
    for await (const chunk of read()) {
      for (const piece of piecesOf(chunk, PIECE_BYTES)) {
        for (const part of piecesOf(piece, pieces < piecesBefore ? PIECE_BYTES : 1)) {
          await unpacking.write(part)
          const text = rest()
          if (text.length > 0) yield text
          if (unpacking.failure) return
        }
        pieces += 1
      }
    }
  } finally {
    unpacking.close()
  }
}
