import { urlOfDatabase, withClient } from '../../database/index.ts'
import type { LoginRole } from '../../database/index.ts'
import { startMigratedServer } from '../../local/migrated-server/index.ts'
import type { PostgresVersion } from '../../local/postgres/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import { DOMAIN_TABLE } from '../writers/index.ts'
import { TenantRegistry } from '../../shared/tenancy/index.ts'

const OTHER_DATABASE = 'elsewhere'

/** A server for this run only, with a migrated, empty log and a second database. `dispose` removes it. */
export interface SoakServer {
  /** The administrator's url of the log's database. */
  readonly adminUrl: string
  /** The administrator's url of the second database. */
  readonly otherAdminUrl: string
  url(role: LoginRole): string
  dispose(): Promise<void>
}

export interface SoakServerOptions {
  /** True: fsync is on. What a soak proves does not depend on it, since the server is never killed. */
  readonly durable: boolean
  readonly version: PostgresVersion
  readonly tenants: readonly string[]
}

/** The slow transactions take the locks of streams before they append. In the product no login has this right. */
const GRANT_LOCK_KEY = 'grant execute on function trickle_events_log.lock_key(uuid, text) to trickle_app'

const settings = {
  // Those of the slow transactions and of the foreign work: a few at a time, and those of killed writers until they are
  // rolled back.
  max_prepared_transactions: 50,
  // A million appends are two million rows with five indexes. With less memory the readers would wait for the disk.
  shared_buffers: '512MB',
}

export async function startSoakServer({ durable, version, tenants }: SoakServerOptions): Promise<SoakServer> {
  const server = await startMigratedServer({ durable, version, settings: settings })
  try {
    await withClient(server.serverUrl, (client) => client.query(`create database ${OTHER_DATABASE}`))
    await withClient(server.adminUrl, async (client) => {
      await client.query(GRANT_LOCK_KEY)
      await client.query(DOMAIN_TABLE)
    })
    await createTenants(server.url('trickle_operator'), tenants)
    return { ...server, otherAdminUrl: urlOfDatabase(server.serverUrl, OTHER_DATABASE) }
  } catch (error) {
    await server.dispose()
    throw error
  }
}

async function createTenants(operatorUrl: string, slugs: readonly string[]): Promise<void> {
  const operator = new Database({ url: operatorUrl, connectionsMax: 1, statements: 'unnamed' })
  try {
    await new TenantRegistry(operator).createMissing(slugs.map((slug) => ({ slug })))
  } finally {
    await operator.end()
  }
}
