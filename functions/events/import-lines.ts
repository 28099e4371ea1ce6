import { isTrickleError, TrickleError } from '../../shared/errors/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import { isBlankLine, LineCutter } from '../../shared/json/index.ts'
import type { CutLine } from '../../shared/json/index.ts'

/** One line of an import, as it came. */
export interface TextLine {
  /** Counted from 1. Blank lines are counted too, but they are skipped, so no TextLine is blank. */
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

/** A batch is written at this size also when it has few lines, because a batch is encoded without a pause. */
const BATCH_BYTES_MAX = 1_048_576

/**
 * The lines of a body in batches, blank ones left out.
 * @throws TrickleError BODY_TOO_LARGE, UPLOAD_TOO_SLOW, after the lines that came whole; any other error of the body,
 *   at once
 */
export async function* batches(
  body: AsyncIterable<Uint8Array>,
  limits: LineLimits,
): AsyncGenerator<TextLine[]> {
  let batch: TextLine[] = []
  let bytes = 0
  try {
    for await (const line of splitLines(body, limits)) {
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

/** Splits a body into lines that hold something. @throws what the body throws, with the line to go on from */
export async function* splitLines(
  body: AsyncIterable<Uint8Array>,
  { lineBytesMax, linesMax }: LineLimits,
): AsyncGenerator<TextLine> {
  const cutter = new LineCutter(lineBytesMax)
  /** The line that is not whole yet. */
  let current = 1
  try {
    for await (const arrived of body) {
      for (const line of cutter.cut(Buffer.from(arrived.buffer, arrived.byteOffset, arrived.byteLength))) {
        if (line.number > linesMax)
          throw new TrickleError('BODY_TOO_LARGE', `One import request takes at most ${linesMax} lines.`)
        current = line.number + 1
        if (!isBlank(line)) yield textLine(line)
      }
    }
  } catch (error) {
    throw isEndOfSending(error) ? goOnFrom(current, error as TrickleError) : error
  }
  const last = cutter.last()
  if (last && !isBlank(last)) yield textLine(last)
}

const isBlank = ({ bytes, isRestBlank }: CutLine): boolean => isRestBlank && isBlankLine(bytes)

const textLine = ({ number, bytes, isTooLong }: CutLine): TextLine => ({
  number,
  bytes: isTooLong ? null : bytes,
})

const goOnFrom = (line: number, error: TrickleError): TrickleError =>
  new TrickleError(error, `${error.detail} Go on with another request from line ${line}.`, {
    extensions: { line },
  })
