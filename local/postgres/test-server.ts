import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSameProcess, processMark, recordedProcessSchema } from '../process/index.ts'
import { clearServer } from './clear.ts'
import { startServer } from './server.ts'
import type { RunningServer, StartServerOptions } from './server.ts'

export interface TestServer extends RunningServer {
  /** Stops the server and removes everything it kept. */
  dispose(): Promise<void>
}

/** Others may pass through: under root the server runs as another account. */
const passableMode = 0o711

const folderPrefix = 'trickle-postgres-'
const ownerFileName = 'owner.json'

function ownerIsGone(folder: string): boolean {
  try {
    const owner = recordedProcessSchema.parse(JSON.parse(readFileSync(join(folder, ownerFileName), 'utf8')))
    return !isSameProcess(owner)
  } catch {
    // Just being made, or not ours to judge.
    return false
  }
}

/** A test run that was killed could not take its servers along: the next one does. */
async function clearAbandoned(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(folderPrefix))
  const abandoned = folders.map((name) => join(tmpdir(), name)).filter(ownerIsGone)
  await Promise.all(abandoned.map(clearServer))
}

let clearing: Promise<void> | undefined

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), folderPrefix))
  chmodSync(folder, passableMode)
  const owner = { name: 'test run', pid: process.pid, mark: processMark(process.pid) }
  writeFileSync(join(folder, ownerFileName), JSON.stringify(owner))
  return folder
}

/**
 * A fast server of its own on a free port, in a temporary folder: no fsync, so a commit costs nothing. Everything goes
 * with `dispose`, at the latest when the process ends; what a killed test run left is cleared by the next.
 */
export async function startTestServer(
  options: Partial<Pick<StartServerOptions, 'version' | 'settings' | 'durable'>> = {},
): Promise<TestServer> {
  clearing ??= clearAbandoned()
  await clearing
  const folder = makeFolder()
  try {
    const server = await startServer({ durable: false, ...options, dataFolder: folder, port: 0 })
    const endWithCaller = (): void => {
      try {
        process.kill(server.pid, 'SIGQUIT')
      } catch {
        // It has ended already.
      }
    }
    // A test run that ends early must not leave its servers to the machine.
    process.once('exit', endWithCaller)
    void server.ended.then(() => process.off('exit', endWithCaller))
    return {
      ...server,
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
