import { randomBytes } from 'node:crypto'
import {
  loginRoles,
  migrateUp,
  prepareServer,
  urlOfDatabase,
  type LoginRole,
} from '../../cli/migrate/index.ts'
import { startTestServer } from '../../local/postgres/index.ts'

const DATABASE = 'trickle'

/** A PostgreSQL server of the run's own: durable, migrated, empty, and gone with its data at the end. */
export interface BenchServer {
  readonly pid: number
  readonly dataFolder: string
  /** The administrator's url of the migrated database. */
  readonly adminUrl: string
  url(role: LoginRole): string
  dispose(): Promise<void>
}

/**
 * Starts it. Durable (fsync on): without it a commit costs nothing and every ratio shifts towards the work of statements.
 * @param settings on top of the settings table of local/postgres.
 */
export async function startBenchServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  const server = await startTestServer({ durable: true, settings })
  try {
    const passwords = Object.fromEntries(
      [...loginRoles, 'trickle_inspector' as const].map((role) => [role, randomBytes(12).toString('hex')]),
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
    return { pid: server.pid, dataFolder: server.dataFolder, adminUrl, url, dispose: () => server.dispose() }
  } catch (error) {
    await server.dispose()
    throw error
  }
}
