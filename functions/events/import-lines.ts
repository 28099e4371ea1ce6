import { isTrickleError, TrickleError } from '../../shared/errors/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'

/** One line of an import, as it came. */
export interface TextLine {
  /** Counted from 1, blank lines included. */
  readonly number: number
  /** Null when the line is longer than the limit: its content was dropped. */
  readonly bytes: Buffer | null
}

export interface LineLimits {
  /**
   * Longest line that is kept; a longer one is reported and skipped, so that one bad line neither fills the memory nor
   * ends the import.
   */
  readonly lineBytesMax: number
  /** More lines than this end the reading with an error. */
  readonly linesMax: number
}

/** A batch is written at this size also when it has few lines. */
const BATCH_BYTES_MAX = 4_194_304

/**
 * The lines of a body in batches, blank ones left out.
 * @throws TrickleError BODY_TOO_LARGE, UPLOAD_TOO_SLOW, after the lines that came whole; what the body throws, at once
 */
export async function* batches(
  body: AsyncIterable<Uint8Array>,
  limits: LineLimits,
): AsyncGenerator<TextLine[]> {
  let batch: TextLine[] = []
  let bytes = 0
  try {
    for await (const line of splitLines(body, limits)) {
      if (line.bytes !== null && isBlank(line.bytes)) continue
      batch.push(line)
      bytes += line.bytes?.length ?? 0
      if (batch.length < eventLimits.importBatchLines && bytes < BATCH_BYTES_MAX) continue
      yield batch
      batch = []
      bytes = 0
    }
  } catch (error) {
    if (batch.length > 0 && isEndOfSending(error)) yield batch
    throw error
  }
  if (batch.length > 0) yield batch
}

/** The client sent too much or too slowly: it is still there, and learns what became of the lines that it did send. */
const isEndOfSending = (error: unknown): boolean =>
  isTrickleError(error) && (error.code === 'BODY_TOO_LARGE' || error.code === 'UPLOAD_TOO_SLOW')

/** White space of ASCII only, as it is not counted to the pace of an upload either. */
const isBlank = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))

const NEWLINE = 0x0a

/** Splits a body into lines without ever holding more than one line beyond the chunk that arrives. */
async function* splitLines(
  body: AsyncIterable<Uint8Array>,
  { lineBytesMax, linesMax }: LineLimits,
): AsyncGenerator<TextLine> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  let number = 1
  const take = (): TextLine => {
    const line = { number, bytes: pendingBytes > lineBytesMax ? null : Buffer.concat(pending) }
    pending = []
    pendingBytes = 0
    number += 1
    return line
  }
  const keep = (part: Buffer): void => {
    pendingBytes += part.length
    if (pendingBytes <= lineBytesMax) pending.push(part)
    else pending = []
  }
  try {
    for await (const arrived of body) {
      let rest = Buffer.from(arrived.buffer, arrived.byteOffset, arrived.byteLength)
      for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
        keep(rest.subarray(0, end))
        rest = rest.subarray(end + 1)
        if (number > linesMax)
          throw new TrickleError('BODY_TOO_LARGE', `One import request takes at most ${linesMax} lines.`)
        yield take()
      }
      if (rest.length > 0) keep(rest)
    }
  } catch (error) {
    throw isEndOfSending(error) ? goOnFrom(number, error as TrickleError) : error
  }
  if (pendingBytes > 0) yield take()
}

const goOnFrom = (line: number, { code, detail }: TrickleError): TrickleError =>
  new TrickleError(code, `${detail} Go on with another request from line ${line}.`, {
    extensions: { line },
  })
