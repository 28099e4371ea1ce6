import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearServer } from './clear.ts'
import { startServer } from './server.ts'
import type { RunningServer, StartServerOptions } from './server.ts'

export interface TestServer extends RunningServer {
  /** Stops the server and removes everything it kept. */
  dispose(): Promise<void>
}

/** Others may pass through: under root the server runs as another account. */
const passableMode = 0o711

/**
 * A fast server of its own on a free port, in a temporary folder: no fsync, so a commit costs nothing. Everything goes
 * with `dispose`.
 */
export async function startTestServer(
  options: Partial<Pick<StartServerOptions, 'version' | 'settings' | 'durable'>> = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'trickle-postgres-'))
  chmodSync(folder, passableMode)
  try {
    const server = await startServer({ durable: false, ...options, dataFolder: folder, port: 0 })
    const endWithCaller = (): void => {
      process.kill(server.pid, 'SIGQUIT')
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
