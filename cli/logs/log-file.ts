import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** The parts that have a log in a folder, in the order of their names; none where the folder is missing. */
export function logParts(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -'.log'.length))
    .toSorted()
}

/** How much of a log's end is looked at for its last lines. */
const END_BYTES = 4 * 1024 * 1024

/** How much is read at once of what was written since. The rest comes with the next look. */
const PIECE_BYTES = 1024 * 1024

/** The log of one part. It remembers up to where it was read. */
export class LogFile {
  readonly part: string
  readonly #path: string
  #readBytes = 0
  /** The beginning of a line whose end is not written yet. */
  #begun: Buffer = Buffer.alloc(0)

  constructor(folder: string, part: string) {
    this.part = part
    this.#path = join(folder, `${part}.log`)
  }

  /** The last lines that are there, at most `count`. */
  lastLines(count: number): string[] {
    const size = this.#sizeBytes()
    this.#readBytes = Math.max(0, size - END_BYTES)
    const isWhole = this.#readBytes === 0
    const lines: string[] = []
    while (this.#readBytes < size) lines.push(...this.newLines())
    // The look begins in the middle of a line, unless it begins at the beginning.
    const whole = isWhole ? lines : lines.slice(1)
    return count === 0 ? [] : whole.slice(-count)
  }

  /** The lines that were ended since the last look. */
  newLines(): string[] {
    const piece = this.#read()
    const text = Buffer.concat([this.#begun, piece])
    const end = text.lastIndexOf('\n') + 1
    this.#begun = text.subarray(end)
    return end === 0
      ? []
      : text
          .subarray(0, end - 1)
          .toString()
          .split('\n')
  }

  #sizeBytes(): number {
    const descriptor = openSync(this.#path, 'r')
    try {
      return fstatSync(descriptor).size
    } finally {
      closeSync(descriptor)
    }
  }

  #read(): Buffer {
    const descriptor = openSync(this.#path, 'r')
    try {
      const { size } = fstatSync(descriptor)
      // The run cuts a log that has grown too long, and its process goes on at the new end: everything in it is new.
      if (size < this.#readBytes) {
        this.#readBytes = 0
        this.#begun = Buffer.alloc(0)
      }
      const piece = Buffer.alloc(Math.min(size - this.#readBytes, PIECE_BYTES))
      const read = readSync(descriptor, piece, 0, piece.length, this.#readBytes)
      this.#readBytes += read
      return piece.subarray(0, read)
    } finally {
      closeSync(descriptor)
    }
  }
}
