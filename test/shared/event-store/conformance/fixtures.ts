import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import { inMemoryKeyring, InMemoryEventStore } from '../../../../shared/event-store/testing/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import { TenantDirectory, TenantRegistry } from '../../../../shared/tenancy/index.ts'
import { tenantContextForTests } from '../../../../shared/tenancy/testing/index.ts'
import { createOwnServer } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { startPgBouncer } from '../../../support/pgbouncer.ts'
import { TokenTools } from '../tokens/token-tools.ts'
import { CrowdedStore } from './crowded-store.ts'
import type { Fixture, OpenStore } from './subject.ts'

/** As many as an instance has for HTTP. */
const CONNECTIONS = 5

export const inMemory: Fixture = async () => {
  const store = new InMemoryEventStore()
  return {
    store,
    tools: new TokenTools(inMemoryKeyring()),
    tenant: async (slug) => tenantContextForTests(slug),
    setTenantStatus: async (tenant, status) => store.setTenantStatus(tenant, status),
    close: async () => {},
  }
}

export const postgres18: Fixture = async () => openPostgres(await ownDatabase(18))

/**
 * A server of its own: beside other files a transaction of theirs, or the autovacuum's, could hold the horizon for one
 * poll, and a page that was there would be shorter when it is asked for again.
 */
const ownDatabase = (version: 17 | 18) => createOwnServer({ version, settings: { autovacuum: false } })

/** Every append is written together with others. */
export const postgresInACrowd: Fixture = async () => {
  const open = await postgres18()
  return { ...open, store: new CrowdedStore(open.store, await open.tenant('others')) }
}

export const postgres17: Fixture = async () => openPostgres(await ownDatabase(17))

export const postgresBehindPgBouncer: Fixture = async () => openBehindPgBouncer('unnamed')

/** As it is deployed: the pooler keeps track of the prepared statements. */
export const postgresNamedBehindPgBouncer: Fixture = async () => openBehindPgBouncer('named')

/** The store's own connections go through the pooler; tenants are made past it. */
async function openBehindPgBouncer(statements: 'named' | 'unnamed'): Promise<OpenStore> {
  const database = await ownDatabase(18)
  const bouncer = await startPgBouncer(database.adminUrl, statements === 'named' ? 'keeps-track' : 'any')
  const pool = new Database({
    url: bouncer.url(database.url('trickle_app')),
    connectionsMax: CONNECTIONS,
    statements,
  })
  const open = await openPostgres(database, pool)
  return {
    ...open,
    async close() {
      await pool.end()
      await bouncer.stop()
      await open.close()
    },
  }
}

export async function openPostgres(
  database: TestDatabase,
  pool: Database = database.pool('trickle_app', CONNECTIONS),
): Promise<OpenStore> {
  const registry = new TenantRegistry(database.pool('trickle_operator', 1))
  const directory = new TenantDirectory(database.pool('trickle_app', 1), 'slug')
  return {
    store: new PostgresEventStore(pool),
    tools: await TokenTools.of(database),
    async tenant(slug) {
      await registry.createMissing([{ slug }])
      return directory.resolve(slug)
    },
    async setTenantStatus(tenant, status) {
      await registry.setStatus(tenant.slug, status)
    },
    close: () => database.drop(),
  }
}
