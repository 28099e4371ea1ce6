import { isBlankLine } from './blank-line.ts'

/** One line of a text that arrives in chunks. */
export interface CutLine {
  /** Its number, from 1; blank lines are counted too. */
  readonly number: number
  /** Its text without the line feed; of a line that is too long, the beginning. */
  readonly bytes: Buffer
  /** Its length as it arrived, without the line feed. */
  readonly lengthBytes: number
  readonly isTooLong: boolean
  /** For a line that is too long: whether only white space was dropped. True for every other line. */
  readonly isRestBlank: boolean
}

/** This much is kept of a line that is too long: enough to find it in a file. */
const BEGINNING_BYTES = 256

const LINE_FEED = 0x0a

/**
 * Cuts NDJSON into lines, and never holds more than one line and the chunk that arrives: a line that is too long
 * neither fills the memory nor ends the reading. The importing command and the server both use it: if only one of them
 * saw a line, the outcomes of all lines after it would be given to the wrong lines.
 */
export class LineCutter {
  readonly #lineBytesMax: number
  #parts: Buffer[] = []
  #lengthBytes = 0
  #isTooLong = false
  #isRestBlank = true
  #number = 1

  /** @param lineBytesMax longest line that is kept whole */
  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax
  }

  /** The lines that end in this chunk. */
  cut(chunk: Buffer): CutLine[] {
    const lines: CutLine[] = []
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#keep(chunk.subarray(start, end))
      start = end + 1
      lines.push(this.#take())
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  /** The last line of an ended text if it has no line feed; undefined where nothing is left. */
  last(): CutLine | undefined {
    return this.#lengthBytes === 0 ? undefined : this.#take()
  }

  #keep(part: Buffer): void {
    this.#lengthBytes += part.length
    if (this.#isTooLong) {
      this.#isRestBlank &&= isBlankLine(part)
      return
    }
    this.#parts.push(part)
    if (this.#lengthBytes <= this.#lineBytesMax) return
    this.#isTooLong = true
    const kept = this.#joined()
    // A copy: a part of the chunk would hold all of it in memory.
    this.#parts = [Buffer.from(kept.subarray(0, BEGINNING_BYTES))]
    this.#isRestBlank = isBlankLine(kept.subarray(BEGINNING_BYTES))
  }

  #joined(): Buffer {
    const [only] = this.#parts
    return this.#parts.length === 1 && only ? only : Buffer.concat(this.#parts)
  }

  #take(): CutLine {
    const line = {
      number: this.#number,
      bytes: this.#joined(),
      lengthBytes: this.#lengthBytes,
      isTooLong: this.#isTooLong,
      isRestBlank: this.#isRestBlank,
    }
    this.#number += 1
    this.#parts = []
    this.#lengthBytes = 0
    this.#isTooLong = false
    this.#isRestBlank = true
    return line
  }
}
