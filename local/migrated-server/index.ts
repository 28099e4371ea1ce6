/**
 * A PostgreSQL server with an empty, migrated Trickle, for runs that measure or break things: benchmarks and soak.
 *
 * Invariants: nobody else has its passwords; `dispose` removes the server and its data, and so does a start that fails.
 * It must not be used for data that anybody wants to keep: `local/run` is for such data.
 */
import { randomBytes } from 'node:crypto'
import { LOGIN_ROLES, migrateUp, prepareServer, urlOfDatabase } from '../../database/index.ts'
import type { LoginRole } from '../../database/index.ts'
import { startTestServer } from '../postgres/index.ts'

const DATABASE = 'trickle'

export interface MigratedServer {
  readonly pid: number
  readonly dataFolder: string
  /** The administrator's url of the server's own database. */
  readonly serverUrl: string
  /** The administrator's url of the migrated database. */
  readonly adminUrl: string
  url(role: LoginRole): string
  dispose(): Promise<void>
}

/** Starts a server and migrates it. If a step fails, the server is stopped and removed. */
export async function startMigratedServer(
  options: Parameters<typeof startTestServer>[0],
): Promise<MigratedServer> {
  const server = await startTestServer(options)
  try {
    const passwords = Object.fromEntries(
      [...LOGIN_ROLES, 'trickle_inspector' as const].map((role) => [role, randomBytes(12).toString('hex')]),
    ) as Parameters<typeof prepareServer>[0]['passwords']
    await prepareServer({ adminUrl: server.adminUrl, database: DATABASE, passwords, local: true })
    const adminUrl = urlOfDatabase(server.adminUrl, DATABASE)
    const url = (role: LoginRole): string => {
      const login = new URL(adminUrl)
      login.username = role
      login.password = passwords[role]
      return login.href
    }
    await migrateUp({ migratorUrl: url('trickle_migrator') })
    const { pid, dataFolder } = server
    return { pid, dataFolder, serverUrl: server.adminUrl, adminUrl, url, dispose: () => server.dispose() }
  } catch (error) {
    await server.dispose()
    throw error
  }
}
