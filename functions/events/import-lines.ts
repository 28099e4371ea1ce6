import { TrickleError } from '../../shared/errors/index.ts'

/** Splits a body into lines without ever holding more than one line beyond the chunk that arrives. */
export interface TextLine {
  /** Counted from 1, blank lines included. */
  readonly number: number
  /** Null when the line is longer than the limit: its content was dropped. */
  readonly bytes: Buffer | null
}

const NEWLINE = 0x0a

/**
 * @param bytesMax longest line that is kept; a longer one is reported and skipped, so that one bad line neither fills
 *   the memory nor ends the import.
 * @param linesMax more lines than this end the reading with an error.
 */
export async function* splitLines(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
  linesMax: number,
): AsyncGenerator<TextLine> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  let number = 1
  const take = (): TextLine => {
    const line = { number, bytes: pendingBytes > bytesMax ? null : Buffer.concat(pending) }
    pending = []
    pendingBytes = 0
    number += 1
    return line
  }
  const keep = (part: Buffer): void => {
    pendingBytes += part.length
    if (pendingBytes <= bytesMax) pending.push(part)
    else pending = []
  }
  for await (const arrived of body) {
    let rest = Buffer.from(arrived.buffer, arrived.byteOffset, arrived.byteLength)
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      keep(rest.subarray(0, end))
      rest = rest.subarray(end + 1)
      if (number > linesMax) {
        throw new TrickleError(
          'BODY_TOO_LARGE',
          `One import request takes at most ${linesMax} lines. Go on with another request from line ${number}.`,
        )
      }
      yield take()
    }
    if (rest.length > 0) keep(rest)
  }
  if (pendingBytes > 0) yield take()
}
