import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isSameProcess, processMark, recordedProcessSchema } from '../process/index.ts'
import { clearServer } from './clear.ts'
import { startServer } from './server.ts'
import type { RunningServer, StartServerOptions } from './server.ts'

export interface TestServer extends RunningServer {
  /** For copying this server once it is stopped. Null when its data is outside of its folder. */
  readonly template: ServerTemplate | null
  /** Stops the server and removes all its files. */
  dispose(): Promise<void>
}

/** The folder of a stopped server, with its data in it. */
export interface ServerTemplate {
  readonly folder: string
}

export interface TestServerOptions extends Partial<
  Pick<StartServerOptions, 'version' | 'settings' | 'durable'>
> {
  /** Starts with a copy of this server's data and password. That takes a fifth of the time of making and migrating. */
  readonly copyOf?: ServerTemplate | null
}

/** Other accounts may pass through: when root runs the tests, the server runs as another account. */
const PASSABLE_MODE = 0o711

const FOLDER_PREFIX = 'trickle-postgres-'
const OWNER_FILE_NAME = 'owner.json'

let clearing: Promise<void> | undefined

/**
 * A fast server on a free port, in a temporary folder. It does no fsync, so a commit is cheap. `dispose` stops it and
 * removes its files. If the process ends without `dispose`, the server ends too; a later test run removes its files.
 */
export async function startTestServer({
  copyOf = null,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  clearing ??= clearAbandoned()
  await clearing
  const folder = makeFolder()
  try {
    if (copyOf !== null) await copyServer(copyOf, folder)
    const server = await startServer({ durable: false, ...options, dataFolder: folder, port: 0 })
    const endWithCaller = (): void => {
      try {
        process.kill(server.pid, 'SIGQUIT')
      } catch {
        // It has ended already.
      }
    }
    // If a test run ends early, its servers must not keep running.
    process.once('exit', endWithCaller)
    void server.ended.then(() => process.off('exit', endWithCaller))
    return {
      ...server,
      template: existsSync(join(folder, 'data')) ? { folder } : null,
      dispose: async () => {
        await server.stop()
        await clearServer(folder)
      },
    }
  } catch (error) {
    await clearServer(folder)
    throw error
  }
}

/** Removes the servers of test runs that were killed and could not stop their servers. */
async function clearAbandoned(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER_PREFIX))
  const abandoned = folders.map((name) => join(tmpdir(), name)).filter(ownerIsGone)
  await Promise.all(abandoned.map(clearServer))
}

function ownerIsGone(folder: string): boolean {
  try {
    const owner = recordedProcessSchema.parse(JSON.parse(readFileSync(join(folder, OWNER_FILE_NAME), 'utf8')))
    return !isSameProcess(owner)
  } catch {
    // The folder is just being made, or it belongs to another program.
    return false
  }
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX))
  chmodSync(folder, PASSABLE_MODE)
  const owner = { name: 'test run', pid: process.pid, mark: processMark(process.pid) }
  writeFileSync(join(folder, OWNER_FILE_NAME), JSON.stringify(owner))
  return folder
}

/** `cp` keeps the owner of the data, which under root is the server's account. */
async function copyServer({ folder: from }: ServerTemplate, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', join(from, 'data'), join(from, 'password'), to])
}
