import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { holdFile } from '../../local/file-lock/index.ts'
import { CommandFailure } from '../frame/index.ts'
import { progressUnwritable } from './progress-file.ts'

/**
 * Holds the progress of an import for this process, until the end of the process or of the import: of two imports that
 * note their progress in one file, each would take the other's for its own. A process that was killed holds nothing.
 * @throws CommandFailure IMPORT_RUNNING, PROGRESS_UNWRITABLE
 */
export function holdProgress(path: string): { release: () => void } {
  let hold
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    hold = holdFile(`${path}.lock`)
  } catch (error) {
    throw progressUnwritable(path, error)
  }
  if (!hold) {
    throw new CommandFailure(
      'IMPORT_RUNNING',
      `Another import of this file into this target is running (progress: ${path}). Wait for its end, or end it first.`,
    )
  }
  const held = hold
  return {
    release: () => {
      held.remove()
    },
  }
}
