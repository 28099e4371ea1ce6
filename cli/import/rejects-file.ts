import {
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CommandFailure, visible } from '../frame/index.ts'
import { sourceText } from './entries.ts'
import type { SourceRecord } from './entries.ts'

export interface Reject {
  readonly record: SourceRecord
  readonly code: string
  readonly detail: string
}

/** For its owner alone: rejected lines are somebody's data. */
const OWNER_ONLY = 0o600

/** Written to the file at this size, so that a file full of rejects does not fill the memory. */
const BUFFERED_CHARACTERS_MAX = 262_144

/**
 * The rejected records, one JSON object a line: {line, row, code, detail, sourceLine}. Made when there is a first one.
 * `bytes` is recorded with the progress: what a killed run wrote beyond it is cut off, since it will come again.
 * A terminal may show it as it is: what would drive one is escaped, as JSON allows everywhere in a string.
 */
export class RejectsFile {
  readonly path: string
  /** False for a device such as /dev/null, which is written to and otherwise left as it is. */
  #isFile = true
  #file: number | undefined
  /** Of all rejects so far, those included that are not written yet. */
  #bytes = 0
  #pending = ''

  /** @param keepBytes of a file that an earlier run on the same input has begun; 0 to begin a new one */
  constructor(path: string, keepBytes: number) {
    this.path = path
    this.#guard(() => {
      const found = statSync(path, { throwIfNoEntry: false })
      this.#isFile = found === undefined || found.isFile()
      this.#bytes = found?.isFile() === true ? Math.min(keepBytes, found.size) : 0
      if (this.#bytes > 0) truncateSync(path, this.#bytes)
      else if (this.#isFile) rmSync(path, { force: true })
    })
  }

  get bytes(): number {
    return this.#bytes
  }

  add({ record, code, detail }: Reject): void {
    const { line, row, content } = record
    const text = `${visible(JSON.stringify({ line, row, code, detail, sourceLine: sourceText(content) }))}\n`
    this.#pending += text
    this.#bytes += Buffer.byteLength(text)
    if (this.#pending.length > BUFFERED_CHARACTERS_MAX) this.flush()
  }

  /** @throws CommandFailure REJECTS_UNWRITABLE */
  flush(): void {
    if (this.#pending === '') return
    this.#guard(() => {
      const file = this.#open()
      let rest = Buffer.from(this.#pending)
      this.#pending = ''
      while (rest.length > 0) rest = rest.subarray(writeSync(file, rest))
    })
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file
    mkdirSync(dirname(this.path), { recursive: true })
    const file = openSync(this.path, 'a', OWNER_ONLY)
    this.#file = file
    // A file that was there before keeps its mode otherwise.
    if (this.#isFile) fchmodSync(file, OWNER_ONLY)
    return file
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      throw new CommandFailure(
        'REJECTS_UNWRITABLE',
        `Rejected lines can't be written to ${this.path} (${error instanceof Error ? error.message : String(error)}). Name another file with --rejects FILE.`,
        { cause: error },
      )
    }
  }
}

/** Beside the input; of standard input in the folder where the command runs. */
export function defaultRejectsFile(file: string): string {
  return file === '-' ? resolve('stdin.rejects.ndjson') : `${resolve(file)}.rejects.ndjson`
}
