import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LocalFailure } from '../failure/index.ts'

export interface FolderHold {
  release(): void
}

/** A process that was just killed may hold its files for a moment; a living one holds them for good. */
const patienceMs = 2000

/**
 * Holds a data folder for this process alone until `release` or the end of the process, whichever way it ends: the
 * lock is the operating system's (on a small SQLite file), so a killed process leaves none behind. Two servers on one
 * folder would overwrite each other's state.
 * @throws LocalFailure DATA_FOLDER_IN_USE
 */
export function holdFolder(dataFolder: string, part: string): FolderHold {
  const file = join(dataFolder, 'folder.lock')
  const lock = new DatabaseSync(file, { timeout: patienceMs })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    if (!(cause instanceof Error && cause.message.includes('locked'))) throw cause
    throw new LocalFailure({
      code: 'DATA_FOLDER_IN_USE',
      what: `Another process serves ${part} from this data folder.`,
      where: dataFolder,
      mend: 'Stop that process, or use another folder with --home DIR.',
      cause,
    })
  }
  return {
    release: () => {
      lock.close()
    },
  }
}
