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

/** Readable only by its owner, since rejected lines are somebody's data. */
const OWNER_ONLY = 0o600

/** At this size the buffer is written to the file, so that many rejects do not fill the memory. */
const BUFFERED_CHARACTERS_MAX = 262_144

/**
 * The rejected records, one JSON object in each line: {line, row, code, detail, sourceLine}. The file is created for
 * the first reject. `bytes` is recorded with the progress: what a killed run wrote after it is cut off, since these
 * records will be rejected again. The file can safely be shown on a terminal: characters that would control it are
 * escaped, which JSON allows in every string.
 */
export class RejectsFile {
  readonly path: string
  /** False for a device such as /dev/null. It is only written to, and its length and mode are not changed. */
  #isFile = true
  #file: number | undefined
  /** Length of all rejects so far, including those that are not written yet. */
  #bytes = 0
  #pending = ''

  /** @param keepBytes how much to keep of the file of an earlier run on the same input; 0 begins a new file */
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

  /** Removes what was written, where it is a file. */
  remove(): void {
    this.#pending = ''
    this.#bytes = 0
    this.close()
    if (this.#isFile) this.#guard(() => rmSync(this.path, { force: true }))
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
    // Needed for a file that existed before: opening it does not change its mode.
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

/** Next to the input. For standard input, in the folder where the command runs. */
export function defaultRejectsFile(file: string): string {
  return file === '-' ? resolve('stdin.rejects.ndjson') : `${resolve(file)}.rejects.ndjson`
}
