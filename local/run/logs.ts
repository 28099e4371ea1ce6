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

/** A longer log is moved aside. A part has at most two log files, so its logs stay at about 32 MiB. */
const ROTATE_ABOVE_BYTES = 16 * 1024 * 1024

/** How much of the end of a log is shown with a failure. */
const TAIL_BYTES = 8 * 1024
const TAIL_LINES = 6

/** A log file that a child process writes to directly. The child gets no broken pipe when the supervisor is gone. */
export interface ChildLog {
  readonly file: string
  readonly descriptor: number
  /** What was written since it was opened. */
  lastLines(): string
  close(): void
}

/** The lines that tell the reason: from the last line that names an error, otherwise the last lines. */
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
      // If the file is shorter than at the start, it was rotated since, and everything in it is new.
      const written = whole.length < start ? whole : whole.subarray(start)
      return tellingLines(written.subarray(-TAIL_BYTES).toString())
    },
    close: () => {
      closeSync(descriptor)
    },
  }
}

/**
 * Moves logs aside that have grown too long. A log is copied and then cut, since the processes keep their files open;
 * they append, so they go on at the new end. Lines written between the copy and the cut are lost. That is acceptable in
 * a local run.
 */
export function rotateLogs(folder: string, aboveBytes = ROTATE_ABOVE_BYTES): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (!name.endsWith('.log') || statSync(file).size <= aboveBytes) continue
    copyFileSync(file, `${file}.1`)
    truncateSync(file)
  }
}
