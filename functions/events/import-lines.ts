import { TrickleError } from '../../shared/errors/index.ts'
import { isBlankLine } from '../../shared/json/index.ts'

/** Splits a body into lines without ever holding more than one line beyond the chunk that arrives. */
export interface TextLine {
  /** Counted from 1, blank lines included: those are passed over, and not here. */
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
  // Kept beside the bytes, since those of a line that is too long are dropped.
  let isBlank = true
  let number = 1
  const take = (): TextLine | undefined => {
    const line = { number, bytes: pendingBytes > bytesMax ? null : Buffer.concat(pending) }
    const taken = isBlank ? undefined : line
    pending = []
    pendingBytes = 0
    isBlank = true
    number += 1
    return taken
  }
  const keep = (part: Buffer): void => {
    pendingBytes += part.length
    isBlank &&= isBlankLine(part)
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
      const line = take()
      if (line) yield line
    }
    if (rest.length > 0) keep(rest)
  }
  const last = take()
  if (last) yield last
}
