import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import { holdFile } from '../file-lock/index.ts'

/** A package of its own with a lock file of its own: only tests and the soak need version 17. */
export const version17Folder = fileURLToPath(new URL('version-17', import.meta.url))

/** A slow network needs a minute for 15 MB. A registry that does not answer must not stop a test run for ever. */
const INSTALL_TIMEOUT_MS = 180_000
const LOCK_POLL_MS = 200
/** By default npm tries for more than a minute. Without a network each test file that needs the package would wait so. */
const QUICK_TO_GIVE_UP = [
  '--fetch-timeout=20000',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=2000',
] as const

/**
 * Installs what a folder's lock file names, unless it is there already. Several processes may ask at once: one
 * installs, the others wait for it.
 * @throws LocalFailure INSTALLATION_INCOMPLETE with npm's own words, such as those of a machine without a network
 */
export async function ensureInstalled(folder: string): Promise<void> {
  if (isInstalled(folder)) return
  const lockFile = join(folder, 'install.lock')
  let hold = holdFile(lockFile)
  while (hold === null) {
    await delay(LOCK_POLL_MS)
    hold = holdFile(lockFile)
  }
  try {
    if (!isInstalled(folder)) await install(folder)
  } finally {
    hold.remove()
  }
}

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({ version: z.string().optional(), optional: z.boolean().optional() }),
  ),
})

/** npm writes a lock file of its own into node_modules when everything is there. */
function isInstalled(folder: string): boolean {
  const installedFile = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return false
  const installed = readLock(installedFile)
  // Optional are the programs of other platforms.
  return Object.entries(readLock(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || installed[path]?.version === version || (optional === true && !(path in installed)),
  )
}

function readLock(file: string): z.infer<typeof lockSchema>['packages'] {
  return lockSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).packages
}

async function install(folder: string): Promise<void> {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', ...QUICK_TO_GIVE_UP]
  try {
    await promisify(execFile)('npm', ['ci', '--prefix', folder, ...flags], {
      cwd: folder,
      timeout: INSTALL_TIMEOUT_MS,
      // On Windows npm is a script, which only a shell runs.
      shell: process.platform === 'win32',
      // Otherwise npm would leave its compile cache in the folder for temporary files.
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    })
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string }
    const told = (stderr ?? '').split('\n').filter((line) => line.startsWith('npm error'))
    throw new LocalFailure({
      code: 'INSTALLATION_INCOMPLETE',
      what: `npm could not install what ${folder} names: ${told.slice(0, 2).join('; ') || String(error)}`,
      where: folder,
      mend: `With a network, run: npm ci --prefix ${folder}`,
      cause: error,
    })
  }
}
