import { join } from 'node:path'
import { LocalFailure } from '../failure/index.ts'
import { holdFile } from '../file-lock/index.ts'

export interface FolderHold {
  release(): void
}

/**
 * Holds a data folder for this process alone until `release` or the end of the process, also by a kill. Two servers on
 * one folder would overwrite each other's state.
 * @throws LocalFailure DATA_FOLDER_IN_USE
 */
export function holdFolder(dataFolder: string, part: string): FolderHold {
  const hold = holdFile(join(dataFolder, 'folder.lock'))
  if (hold) return hold
  throw new LocalFailure({
    code: 'DATA_FOLDER_IN_USE',
    what: `Another process serves ${part} from this data folder.`,
    where: dataFolder,
    mend: 'Stop that process, or use another folder with --home DIR.',
  })
}
