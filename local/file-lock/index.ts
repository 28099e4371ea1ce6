/**
 * Locks between processes of this machine that a dead process does not keep.
 *
 * Invariant: of all processes that ask for one file, one holds it. It must not decide by process ids: the system gives
 * those of the dead to strangers.
 */
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export interface FileHold {
  release(): void
  /** Removes the file while it is still held, then releases it. */
  remove(): void
}

/** A process that was just killed may hold its files for a moment; a living one holds them for good. */
const PATIENCE_MS = 2000

/**
 * Holds a file for this process alone until `release` or the end of the process, whichever way it ends: the lock is the
 * operating system's (SQLite's), so a killed process leaves none behind.
 * @param file made when it is missing, and never written to; its folder must be there
 * @returns null where another process holds it
 */
export function holdFile(file: string): FileHold | null {
  for (;;) {
    closeSync(openSync(file, 'a', 0o600))
    const before = inodeOf(file)
    const lock = new DatabaseSync(file, { timeout: PATIENCE_MS })
    try {
      // Nothing is ever written, so there is nothing to roll back, and no second file beside this one.
      lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    } catch (cause) {
      lock.close()
      if (!(cause instanceof Error && cause.message.includes('locked'))) throw cause
      return null
    }
    // Who held it before may have removed it: then this would be the lock of a file that nobody finds any more.
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
