import { isUtf8 } from 'node:buffer'
import { CommandFailure } from '../frame/index.ts'
import { BYTE_ORDER_MARK, LINE_BYTES_MAX } from './read-lines.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** Counts line breaks as editors do, inside and outside of quotes: CRLF is one break, and so is LF or CR alone. */
export function countBreaks(text: Buffer): number {
  let breaks = 0
  for (let at = text.indexOf(LINE_FEED); at !== -1; at = text.indexOf(LINE_FEED, at + 1)) breaks += 1
  for (let at = text.indexOf(CARRIAGE_RETURN); at !== -1; at = text.indexOf(CARRIAGE_RETURN, at + 1)) {
    if (text[at + 1] !== LINE_FEED) breaks += 1
  }
  return breaks
}

export const isBreak = (byte: number | undefined): boolean => byte === LINE_FEED || byte === CARRIAGE_RETURN

/**
 * Passes on whole lines as long as they are UTF-8. Otherwise the parser would silently store replacement characters. A
 * last line without a line break is passed on only if the input ended without an error.
 * @throws CommandFailure NOT_UTF8 with the line, after the lines before it were passed on; CSV_BROKEN for a line that
 * is too long
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
    if (rest.length > LINE_BYTES_MAX) {
      throw new CommandFailure(
        'CSV_BROKEN',
        `Line ${lines + 1} is longer than ${LINE_BYTES_MAX} bytes: is this a CSV with a line a row?`,
      )
    }
  }
  yield* checked(rest)
}

/** Where the first line begins that is not UTF-8. The byte of a line break is never part of a longer character. */
function startOfBadLine(text: Buffer): number {
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    if (!isBreak(text[at])) continue
    if (!isUtf8(text.subarray(start, at))) break
    start = at + 1
  }
  return start
}

/** The place after the last line break. A CR at the very end does not count, since an LF may follow. */
function endOfLines(text: Buffer): number {
  return Math.max(text.lastIndexOf(LINE_FEED), text.subarray(0, -1).lastIndexOf(CARRIAGE_RETURN)) + 1
}

const QUOTE = 0x22

/** Rows that the parser could not read: their text up to where it stopped, and where they begin in the file. */
export interface UnreadRows {
  readonly text: Buffer
  readonly linesBefore: number
  readonly delimiter: string
}

/** The error for a broken quote. The import can't go on after it, since nobody knows where the next row begins. */
export function brokenCsv(cause: Error, unread: UnreadRows): CommandFailure {
  const mend = 'Mend it and run the import again; what is stored already is recognised.'
  const sentence = sentenceOf(unread, cause.message)
  return new CommandFailure('CSV_BROKEN', `The CSV is broken. ${sentence} ${mend}`, { cause })
}

function sentenceOf(unread: UnreadRows, words: string): string {
  const { text, linesBefore, delimiter } = unread
  const fault = findFault(text, Buffer.from(delimiter))
  const lineOf = (at: number): number => linesBefore + countBreaks(text.subarray(0, at)) + 1
  switch (fault?.kind) {
    case 'unclosed':
      return `The quote that opens in line ${lineOf(fault.opensAt)} is not closed.`
    case 'inside':
      return `Line ${lineOf(fault.at)} has a quote inside of a field that does not begin with one. Put the field in quotes, and write each quote inside of it twice.`
    case 'goesOn': {
      const [opens, closes] = [lineOf(fault.opensAt), lineOf(fault.at)]
      return opens === closes
        ? `Line ${closes} has a field that goes on after its closing quote. Write a quote inside of quotes twice.`
        : `The quote that opens in line ${opens} is closed in line ${closes}, in the middle of a field: is one missing in between?`
    }
    case undefined:
      return `The row at line ${lineOf(text.length)} can't be read: ${words}.`
  }
}

/** What is wrong with the quotes of a text, and where. */
type QuoteFault =
  | { readonly kind: 'unclosed'; readonly opensAt: number }
  | { readonly kind: 'goesOn'; readonly opensAt: number; readonly at: number }
  | { readonly kind: 'inside'; readonly at: number }

/** Finds the first fault. The parser knows that there is one, but it does not say where the quote opened. */
function findFault(text: Buffer, delimiter: Buffer): QuoteFault | undefined {
  const isDelimiterAt = (at: number): boolean => text.subarray(at, at + delimiter.length).equals(delimiter)
  let isFieldStart = true
  const isMarked = text.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
  for (let at = isMarked ? BYTE_ORDER_MARK.length : 0; at < text.length; at += 1) {
    if (text[at] === QUOTE) {
      if (!isFieldStart) return { kind: 'inside', at }
      const closesAt = closingQuote(text, at)
      if (closesAt === undefined) return { kind: 'unclosed', opensAt: at }
      const next = closesAt + 1
      if (next < text.length && !isBreak(text[next]) && !isDelimiterAt(next))
        return { kind: 'goesOn', opensAt: at, at: closesAt }
      at = closesAt
      isFieldStart = false
    } else if (isDelimiterAt(at)) {
      at += delimiter.length - 1
      isFieldStart = true
    } else {
      isFieldStart = isBreak(text[at])
    }
  }
  return undefined
}

/** Where the closing quote stands. Inside quotes, two quotes in a row stand for one and close nothing. */
function closingQuote(text: Buffer, opensAt: number): number | undefined {
  for (let at = text.indexOf(QUOTE, opensAt + 1); at !== -1; at = text.indexOf(QUOTE, at + 2)) {
    if (text[at + 1] !== QUOTE) return at
  }
  return undefined
}

/** The error for a row that is too long. */
export function endlessRow(unread: UnreadRows): CommandFailure {
  const sentence = sentenceOf(unread, `it is longer than ${LINE_BYTES_MAX} bytes`)
  return new CommandFailure('CSV_BROKEN', `A row is longer than ${LINE_BYTES_MAX} bytes. ${sentence}`)
}
