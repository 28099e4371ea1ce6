import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { LocalFailure } from '../failure/index.ts'
import { holdFolder } from '../storage/index.ts'
import type { Home } from './home.ts'
import { readRun } from './status.ts'

export function alreadyRunning(home: Home, pid: number | null): LocalFailure {
  const who = pid === null ? 'another process' : `process ${pid}`
  return new LocalFailure({
    code: 'ALREADY_RUNNING',
    what: `A local run is going on in this home already (${who}).`,
    where: home.folder,
    mend: 'Use it, stop it with npx trickle stop, or use another home and ports: --home DIR --port 0 --postgres-port 0',
  })
}

/**
 * Holds the home for this process until the process ends, also by a kill. Two runs on one home would serve the same
 * data twice.
 * @throws LocalFailure ALREADY_RUNNING
 */
export function holdHome(home: Home): { release: () => void } {
  try {
    const hold = holdFolder(home.folder, 'the local run')
    return {
      release: () => {
        hold.release()
        // Another start may take the home before the file is removed. It does no harm, since PostgreSQL and storage
        // hold their own folders too.
        rmSync(join(home.folder, 'folder.lock'), { force: true })
      },
    }
  } catch (error) {
    if (error instanceof LocalFailure && error.code === 'DATA_FOLDER_IN_USE') {
      throw alreadyRunning(home, readRun(home.folder).status.pid)
    }
    throw error
  }
}
