import { isUtf8 } from 'node:buffer'
import { isBlankLine } from '../../shared/json/index.ts'
import type { RecordContent, RecordEnd, SourceRecord } from './source-record.ts'

const newline = 0x0a
export const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Longer than the largest event that the server takes; a mapping may make several events of one line. */
export const lineBytesMax = 8_388_608

export interface ReadFrom extends RecordEnd {
  readonly row: number
}

export const fileStart: ReadFrom = { lines: 0, bytes: 0, row: 0 }

/** As much of a line that is too long as helps to find it. */
const shownBytes = 256

function contentOf(line: Buffer, bytesInAll: number): RecordContent {
  if (bytesInAll > lineBytesMax) {
    const detail = `The line is longer than ${lineBytesMax} bytes.`
    return { kind: 'broken', code: 'EVENT_TOO_LARGE', detail, text: line.toString('utf8', 0, shownBytes) }
  }
  if (!isUtf8(line)) {
    const detail = 'The line is not UTF-8. Convert the file, for example: iconv -f latin1 -t utf-8'
    return { kind: 'broken', code: 'NOT_UTF8', detail, text: line.toString('utf8') }
  }
  return { kind: 'line', bytes: line }
}

/** Whether nothing is missing at the end of a line: no JSON that was cut off can be read. */
function isWhole(content: RecordContent): boolean {
  if (content.kind !== 'line') return false
  try {
    return typeof JSON.parse(content.bytes.toString('utf8')) === 'object'
  } catch {
    return false
  }
}

/**
 * Reads NDJSON: the lines of each chunk as one block, so that a slow source is not held up for a full one. Holds one
 * chunk and one line; of a line that is too long only the beginning. Where the input fails, what came before is read,
 * and a last line without a line break if it is whole.
 * @param consumedBytes tells how many bytes on disk so many bytes of text were
 * @throws what the reading of the chunks throws
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  from: ReadFrom,
  consumedBytes: (textBytes: number) => number,
): AsyncGenerator<SourceRecord[]> {
  let { lines, bytes, row } = from
  let parts: Buffer[] = []
  let heldBytes = 0
  let lineBytes = 0
  /** Of a line that is too long, what is not held: spaces alone make no record, however many. */
  let isRestBlank = true
  const keep = (part: Buffer): void => {
    lineBytes += part.length
    if (heldBytes > lineBytesMax) {
      isRestBlank &&= isBlankLine(part)
      return
    }
    parts.push(part)
    heldBytes += part.length
  }
  const take = (endBytes: number): SourceRecord | undefined => {
    const [only] = parts
    let line = parts.length === 1 && only ? only : Buffer.concat(parts)
    if (lines === 0 && line.subarray(0, 3).equals(byteOrderMark)) line = line.subarray(3)
    const content = isRestBlank && isBlankLine(line) ? undefined : contentOf(line, lineBytes)
    lines += 1
    bytes += lineBytes + endBytes
    parts = []
    heldBytes = 0
    lineBytes = 0
    isRestBlank = true
    if (!content) return undefined
    row += 1
    return { line: lines, row, end: { lines, bytes }, consumedBytes: consumedBytes(bytes), content }
  }
  try {
    for await (const chunk of chunks) {
      const block: SourceRecord[] = []
      let start = 0
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
        keep(chunk.subarray(start, end))
        start = end + 1
        const record = take(1)
        if (record) block.push(record)
      }
      if (start < chunk.length) keep(chunk.subarray(start))
      if (block.length > 0) yield block
    }
  } catch (failure) {
    const cut = take(0)
    if (cut && isWhole(cut.content)) yield [cut]
    throw failure
  }
  const last = lineBytes > 0 ? take(0) : undefined
  if (last) yield [last]
}
