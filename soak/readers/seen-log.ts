import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { SeenEvent } from './sources.ts'

/** Length of an event in a log: number of the stream and version, four bytes each, little-endian. */
export const SEEN_BYTES = 8

interface Checkpoint {
  readonly next: string
  readonly bytes: number
}

/**
 * What a reader saw, in the order in which it saw it. A checkpoint in a second file names a length of this log. Going
 * back to the checkpoint removes what was seen after it. A projection whose rows and checkpoint are written in one
 * transaction behaves in the same way.
 */
export class SeenLog {
  readonly #file: number
  readonly #checkpointFile: string
  #bytes: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
    this.#checkpointFile = `${path}.checkpoint`
    this.#bytes = fstatSync(this.#file).size
  }

  get count(): number {
    return this.#bytes / SEEN_BYTES
  }

  add(events: readonly SeenEvent[]): void {
    if (events.length === 0) return
    const bytes = Buffer.alloc(events.length * SEEN_BYTES)
    events.forEach(({ stream, version }, index) => {
      bytes.writeUInt32LE(stream, index * SEEN_BYTES)
      bytes.writeUInt32LE(version, index * SEEN_BYTES + 4)
    })
    writeSync(this.#file, bytes)
    this.#bytes += bytes.length
  }

  store(next: string): void {
    const checkpoint: Checkpoint = { next, bytes: this.#bytes }
    writeFileSync(`${this.#checkpointFile}.new`, JSON.stringify(checkpoint))
    renameSync(`${this.#checkpointFile}.new`, this.#checkpointFile)
  }

  /** Removes what was seen after the stored checkpoint. @returns where to go on */
  goBack(): string {
    const { next, bytes } = JSON.parse(readFileSync(this.#checkpointFile, 'utf8')) as Checkpoint
    ftruncateSync(this.#file, bytes)
    this.#bytes = bytes
    return next
  }

  close(): void {
    closeSync(this.#file)
  }
}
