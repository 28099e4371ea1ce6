import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { LocalFailure } from '../failure/index.ts'
import { basicEnvironment } from './environment.ts'
import { projectFolder } from './project.ts'
import type { Home } from './home.ts'
import { openLog } from './logs.ts'

/** A build takes a second or two. A build that takes this long hangs. */
const BUILD_TIMEOUT_MS = 120_000

/**
 * Builds the bundle into a folder.
 * @throws LocalFailure BUILD_FAILED with the bundler's message
 */
export async function buildInChild(home: Home, outFolder: string, signal: AbortSignal): Promise<void> {
  const log = openLog(join(home.logs, 'build.log'))
  try {
    const child = spawn(process.execPath, ['local/run/build-child.ts', outFolder], {
      cwd: projectFolder,
      env: basicEnvironment(),
      // With an IPC channel: if this process ends, the child notices it and ends too, so it disturbs no later build.
      stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
      detached: true,
      timeout: BUILD_TIMEOUT_MS,
    })
    const stop = (): void => {
      child.kill()
    }
    signal.addEventListener('abort', stop, { once: true })
    const [code] = (await once(child, 'exit')) as [number | null]
    signal.removeEventListener('abort', stop)
    signal.throwIfAborted()
    if (code === 0) return
    throw new LocalFailure({
      code: 'BUILD_FAILED',
      what: `The functions could not be built: ${log.lastLines()}`,
      where: log.file,
      mend: 'Mend what the bundler names (npm run check tells more), then start again.',
    })
  } finally {
    log.close()
  }
}
