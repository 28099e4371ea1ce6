import { isUtf8 } from 'node:buffer'
import { CommandFailure } from '../frame/index.ts'
import { lineBytesMax } from './read-lines.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Line breaks as editors count them: CRLF is one, and so is LF or CR alone, inside of quotes and outside. */
export function countBreaks(text: Buffer): number {
  let breaks = 0
  for (let at = text.indexOf(lineFeed); at !== -1; at = text.indexOf(lineFeed, at + 1)) breaks += 1
  for (let at = text.indexOf(carriageReturn); at !== -1; at = text.indexOf(carriageReturn, at + 1)) {
    if (text[at + 1] !== lineFeed) breaks += 1
  }
  return breaks
}

export const isBreak = (byte: number | undefined): boolean => byte === lineFeed || byte === carriageReturn

/** Behind the last line break; a CR at the very end may be half of one. */
function endOfLines(text: Buffer): number {
  return Math.max(text.lastIndexOf(lineFeed), text.subarray(0, -1).lastIndexOf(carriageReturn)) + 1
}

/** Where the first line begins that is not UTF-8. No character of UTF-8 has the byte of a line break in it. */
function startOfBadLine(text: Buffer): number {
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    if (!isBreak(text[at])) continue
    if (!isUtf8(text.subarray(start, at))) break
    start = at + 1
  }
  return start
}

/**
 * Whole lines, as long as they are UTF-8; the parser would put replacement characters in the place of the rest, and
 * nobody would know. A last line without a break comes when the input has ended in order.
 * @throws CommandFailure NOT_UTF8 with the line, after the lines before it; CSV_BROKEN for a line without an end
 */
export async function* utf8Lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let lines = 0
  function* checked(text: Buffer): Generator<Buffer> {
    if (isUtf8(text)) {
      lines += countBreaks(text)
      if (text.length > 0) yield text
      return
    }
    const good = text.subarray(0, startOfBadLine(text))
    if (good.length > 0) yield good
    throw new CommandFailure(
      'NOT_UTF8',
      `Line ${lines + countBreaks(good) + 1} is not UTF-8. Convert the file, for example: iconv -f latin1 -t utf-8`,
    )
  }
  for await (const chunk of chunks) {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = endOfLines(text)
    rest = text.subarray(end)
    yield* checked(text.subarray(0, end))
    if (rest.length > lineBytesMax) {
      throw new CommandFailure(
        'CSV_BROKEN',
        `Line ${lines + 1} is longer than ${lineBytesMax} bytes: is this a CSV with a line a row?`,
      )
    }
  }
  yield* checked(rest)
}
