import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileFailure, LocalFailure } from '../failure/index.ts'
import { spawnIdentity } from './account.ts'
import { programPath } from './binaries.ts'
import { explain } from './explain.ts'
import type { Placement } from './placement.ts'
import { serverEnvironment } from './environment.ts'

/** The administrator's name, as PostgreSQL's own tools would choose it. */
export const ADMINISTRATOR = 'postgres'

/** initdb takes about a second; a minute covers a machine that is very busy. */
const INITDB_TIMEOUT_MS = 60_000

interface Finished {
  readonly status: number | null
  readonly output: string
}

interface InitialiseOptions {
  readonly durable: boolean
  readonly port: number
  readonly signal?: AbortSignal
  /**
   * Called with the id of each process. If the caller is killed, initdb may go on. The next start has to find and end
   * it, otherwise both would write to one folder.
   */
  readonly spawned?: (pid: number) => void
}

/**
 * Makes the data folder with a random administrator's password. It is made under another name and renamed at the end,
 * so that an interrupted start leaves nothing that looks like data.
 * @throws LocalFailure DISK_FULL, PERMISSION_MISSING and others, according to initdb's messages
 */
export async function initialise(placement: Placement, options: InitialiseOptions): Promise<void> {
  const folder = `${placement.dataFolder}.new`
  const passwordCopy = `${placement.dataFolder}.password`
  const password = randomBytes(24).toString('base64url')
  try {
    prepareNewFolder(placement, folder, passwordCopy, password)
    writeFileSync(placement.passwordFile, password, { mode: 0o600 })
    chmodSync(placement.passwordFile, 0o600)
    await assertDone(
      placement,
      options.port,
      runInitdb(placement, initdbArguments(folder, passwordCopy), options),
    )
    appendFileSync(join(folder, 'postgresql.conf'), "\ninclude 'trickle.conf'\n")
    if (options.durable) {
      const method = process.platform === 'linux' ? ['--sync-method=syncfs'] : []
      const sync = runInitdb(placement, ['--sync-only', ...method, `--pgdata=${folder}`], options)
      await assertDone(placement, options.port, sync)
    }
    renameSync(folder, placement.dataFolder)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    if (error instanceof LocalFailure) throw error
    throw fileFailure(error, placement.dataFolder) ?? error
  } finally {
    rmSync(passwordCopy, { force: true })
  }
}

function prepareNewFolder(
  placement: Placement,
  folder: string,
  passwordCopy: string,
  password: string,
): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  own(placement, folder)
  rmSync(passwordCopy, { force: true })
  writeFileSync(passwordCopy, password, { mode: 0o600 })
  own(placement, passwordCopy)
}

function own(placement: Placement, path: string): void {
  if (placement.account) chownSync(path, placement.account.uid, placement.account.gid)
}

async function assertDone(placement: Placement, port: number, finished: Promise<Finished>): Promise<void> {
  const { status, output } = await finished
  if (status === 0) return
  throw explain({
    what: `PostgreSQL ${placement.version} could not make its data folder`,
    output: output === '' ? `initdb ended with ${status ?? 'a signal'}` : output,
    dataFolder: placement.dataFolder,
    logFile: placement.logFile,
    port,
  })
}

function runInitdb(
  placement: Placement,
  args: readonly string[],
  options: InitialiseOptions,
): Promise<Finished> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    const child = spawn(programPath(placement.binaries, 'initdb'), args, {
      ...spawnIdentity(placement.account),
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that Ctrl-C reaches only the run, which then ends its parts in order.
      detached: true,
      timeout: INITDB_TIMEOUT_MS,
    })
    // After SIGTERM initdb removes what it has made. Its end is waited for, so that it does not remove newer files.
    const giveUp = (): void => {
      child.kill('SIGTERM')
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    if (child.pid !== undefined) options.spawned?.(child.pid)
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', reject)
    child.once('close', (status) => {
      signal?.removeEventListener('abort', giveUp)
      if (signal?.aborted === true)
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      else resolve({ status, output })
    })
  })
}

/** Arguments that make clusters equal on every machine: the built-in locale does not depend on the system's locales. */
function initdbArguments(folder: string, passwordCopy: string): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${ADMINISTRATOR}`,
    `--pwfile=${passwordCopy}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    // Syncing each file takes as long as all other steps together. A durable server is synced once at the end.
    '--no-sync',
  ]
}
