import { isUtf8 } from 'node:buffer'
import { isBlankLine, LineCutter } from '../../shared/json/index.ts'
import type { CutLine } from '../../shared/json/index.ts'
import type { RecordContent, RecordEnd, SourceRecord } from './entries.ts'

export const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Longer than the largest event that the server accepts, since a mapping may make several events of one line. */
export const LINE_BYTES_MAX = 8_388_608

export interface ReadFrom extends RecordEnd {
  readonly row: number
}

export const fileStart: ReadFrom = { lines: 0, bytes: 0, row: 0 }

/**
 * Reads NDJSON. The lines of each chunk are one block, so that the lines of a slow source do not wait for a full block.
 * Memory holds one chunk and one line; of a line that is too long, only the beginning. If the input fails, the lines
 * before are returned first, also a last line without a line break if it is complete.
 * @param consumedBytes says how many bytes on disk these bytes of text were read from
 * @throws what the reading of the chunks throws
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  from: ReadFrom,
  consumedBytes: (textBytes: number) => number,
): AsyncGenerator<SourceRecord[]> {
  const cutter = new LineCutter(LINE_BYTES_MAX)
  let { bytes, row } = from
  const recordOf = (line: CutLine, breakBytes: number): SourceRecord | undefined => {
    const number = from.lines + line.number
    bytes += line.lengthBytes + breakBytes
    const text = number === 1 ? withoutMark(line.bytes) : line.bytes
    if (line.isRestBlank && isBlankLine(text)) return undefined
    row += 1
    const end = { lines: number, bytes }
    return { line: number, row, end, consumedBytes: consumedBytes(bytes), content: contentOf(line, text) }
  }
  const lastRecord = (): SourceRecord | undefined => {
    const line = cutter.last()
    return line && recordOf(line, 0)
  }
  try {
    for await (const chunk of chunks) {
      const block = cutter.cut(chunk).flatMap((line) => recordOf(line, 1) ?? [])
      if (block.length > 0) yield block
    }
  } catch (failure) {
    const cut = lastRecord()
    if (cut && isWhole(cut.content)) yield [cut]
    throw failure
  }
  const last = lastRecord()
  if (last) yield [last]
}

const withoutMark = (line: Buffer): Buffer =>
  line.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? line.subarray(BYTE_ORDER_MARK.length)
    : line

function contentOf({ isTooLong }: CutLine, text: Buffer): RecordContent {
  if (isTooLong) {
    const detail = `The line is longer than ${LINE_BYTES_MAX} bytes.`
    return { kind: 'broken', code: 'EVENT_TOO_LARGE', detail, text: text.toString('utf8') }
  }
  if (!isUtf8(text)) {
    const detail = 'The line is not UTF-8. Convert the file, for example: iconv -f latin1 -t utf-8'
    return { kind: 'broken', code: 'NOT_UTF8', detail, text: text.toString('utf8') }
  }
  return { kind: 'line', bytes: text }
}

/** Whether a line is complete. JSON objects that were cut off can't be parsed. */
function isWhole(content: RecordContent): boolean {
  if (content.kind !== 'line') return false
  try {
    return typeof JSON.parse(content.bytes.toString('utf8')) === 'object'
  } catch {
    return false
  }
}
