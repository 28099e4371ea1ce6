/**
 * Locks between processes of this machine. When a process dies, its locks are free again.
 *
 * Invariant: only one process at a time holds a file. It must not decide by process ids: the system gives the id of a
 * dead process to another process later.
 */
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export interface FileHold {
  release(): void
  /** Removes the file while it is still held, then releases it. */
  remove(): void
}

/** A process that was just killed may hold its files for a moment. After this time the holder is taken to be alive. */
const PATIENCE_MS = 2000

/**
 * Holds a file for this process alone until `release` or the end of the process. The lock is one of the operating
 * system (taken through SQLite), so it is freed even when the process is killed.
 * @param file made when it is missing, and never written to; its folder must exist
 * @returns null when another process holds it
 */
export function holdFile(file: string): FileHold | null {
  for (;;) {
    closeSync(openSync(file, 'a', 0o600))
    const before = inodeOf(file)
    const lock = new DatabaseSync(file, { timeout: PATIENCE_MS })
    try {
      // Nothing is ever written, so no rollback journal is needed, and SQLite makes no second file beside this one.
      lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    } catch (cause) {
      lock.close()
      // The earlier holder removed the file while this process waited for it. SQLite calls that an I/O error.
      if (before !== inodeOf(file)) continue
      if (!(cause instanceof Error && cause.message.includes('locked'))) throw cause
      return null
    }
    // The earlier holder may have removed the file. This lock would then be on a deleted file, and another process
    // could lock a new file with the same name.
    if (before !== undefined && before === inodeOf(file)) return holdOf(lock, file)
    lock.close()
  }
}

function holdOf(lock: DatabaseSync, file: string): FileHold {
  return {
    release: () => {
      lock.close()
    },
    remove: () => {
      rmSync(file, { force: true })
      lock.close()
    },
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino
}
