import {
  closeSync,
  copyFileSync,
  fchmodSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileFailure } from '../failure/index.ts'

/** A log that is longer is moved aside; two files of it are kept, so a part's logs stay below 32 MiB. */
const ROTATE_ABOVE_BYTES = 16 * 1024 * 1024

/** How much of a log's end explains a failure. */
const TAIL_BYTES = 8 * 1024
const TAIL_LINES = 6

/** A log that a child process writes to by itself: it goes on when the supervisor is gone, without a broken pipe. */
export interface ChildLog {
  readonly file: string
  readonly descriptor: number
  /** What was written since it was opened. */
  lastLines(): string
  close(): void
}

/** The lines that say why: from the last line that names an error, otherwise the last ones. */
export function tellingLines(text: string): string {
  const lines = text.trim().split('\n')
  const error = lines.findLastIndex((line) => /\w*(Error|ERROR)\b/u.test(line))
  return error === -1
    ? lines.slice(-TAIL_LINES).join('\n')
    : lines.slice(error, error + TAIL_LINES).join('\n')
}

/**
 * Opens a part's log for appending.
 * @throws LocalFailure DISK_FULL, PERMISSION_MISSING
 */
export function openLog(file: string): ChildLog {
  let descriptor: number
  try {
    descriptor = openSync(file, 'a', 0o600)
  } catch (error) {
    throw fileFailure(error, file) ?? error
  }
  fchmodSync(descriptor, 0o600)
  const start = statSync(file).size
  return {
    file,
    descriptor,
    lastLines: () => {
      const whole = readFileSync(file)
      // Shorter than it was: it has been rotated since, and all of it is new.
      const written = whole.length < start ? whole : whole.subarray(start)
      return tellingLines(written.subarray(-TAIL_BYTES).toString())
    },
    close: () => {
      closeSync(descriptor)
    },
  }
}

/**
 * Moves logs aside that have grown too long. Copied and cut, since the processes keep their files open; they append, so
 * they go on at the new end. Lines written between the copy and the cut are lost, which a log of a local run may.
 */
export function rotateLogs(folder: string, aboveBytes = ROTATE_ABOVE_BYTES): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (!name.endsWith('.log') || statSync(file).size <= aboveBytes) continue
    copyFileSync(file, `${file}.1`)
    truncateSync(file)
  }
}
