import { CommandFailure } from '../frame/index.ts'
import { countBreaks, isBreak } from './csv-text.ts'
import { byteOrderMark, lineBytesMax } from './read-lines.ts'

const quote = 0x22

/** What is wrong with the quotes of a text, and where. */
type QuoteFault =
  | { readonly kind: 'unclosed'; readonly opensAt: number }
  | { readonly kind: 'goesOn'; readonly opensAt: number; readonly at: number }
  | { readonly kind: 'inside'; readonly at: number }

/** The first fault; the parser has found that there is one, and does not tell where a quote opened. */
function findFault(text: Buffer, delimiter: Buffer): QuoteFault | undefined {
  const isDelimiterAt = (at: number): boolean => text.subarray(at, at + delimiter.length).equals(delimiter)
  let isFieldStart = true
  const isMarked = text.subarray(0, byteOrderMark.length).equals(byteOrderMark)
  for (let at = isMarked ? byteOrderMark.length : 0; at < text.length; at += 1) {
    if (text[at] === quote) {
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

/** A quote inside of quotes is written twice. */
function closingQuote(text: Buffer, opensAt: number): number | undefined {
  for (let at = text.indexOf(quote, opensAt + 1); at !== -1; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at
  }
  return undefined
}

/** Rows that the parser could not read: where they begin in the file, and their text up to where it gave up. */
export interface UnreadRows {
  readonly text: Buffer
  readonly linesBefore: number
  readonly delimiter: string
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
        ? `Line ${closes} has a field that goes on behind its closing quote. Write a quote inside of quotes twice.`
        : `The quote that opens in line ${opens} is closed in line ${closes}, in the middle of a field: is one missing in between?`
    }
    case undefined:
      return `The row at line ${lineOf(text.length)} can't be read: ${words}.`
  }
}

/** The reading ends at a broken quote: where the rows after it begin is anybody's guess. */
export function brokenCsv(cause: Error, unread: UnreadRows): CommandFailure {
  const mend = 'Mend it and run the import again; what is stored already is recognised.'
  const sentence = sentenceOf(unread, cause.message)
  return new CommandFailure('CSV_BROKEN', `The CSV is broken. ${sentence} ${mend}`, { cause })
}

/** A row without an end in sight. */
export function endlessRow(unread: UnreadRows): CommandFailure {
  const sentence = sentenceOf(unread, `it is longer than ${lineBytesMax} bytes`)
  return new CommandFailure('CSV_BROKEN', `A row is longer than ${lineBytesMax} bytes. ${sentence}`)
}
