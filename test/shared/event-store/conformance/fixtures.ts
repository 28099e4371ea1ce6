import { InMemoryEventStore, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import { tenantContextForTests, TenantDirectory, TenantRegistry } from '../../../../shared/tenancy/index.ts'
import { createDatabase, createOwnServer, type TestDatabase } from '../../../support/database.ts'
import { startPgBouncer } from '../../../support/pgbouncer.ts'
import { CrowdedStore } from './crowded-store.ts'
import type { Fixture, OpenStore } from './subject.ts'

/** As many as an instance has for HTTP. */
const CONNECTIONS = 5

export const inMemory: Fixture = async () => {
  const store = new InMemoryEventStore()
  return {
    store,
    tenant: async (slug) => tenantContextForTests(slug),
    setTenantStatus: async (tenant, status) => store.setTenantStatus(tenant, status),
    close: async () => {},
  }
}

export const postgres18: Fixture = async () => openPostgres(await createDatabase())

/** Every append is written together with others. */
export const postgresInACrowd: Fixture = async () => {
  const open = await postgres18()
  return { ...open, store: new CrowdedStore(open.store, await open.tenant('others')) }
}

export const postgres17: Fixture = async () => openPostgres(await createOwnServer({ version: 17 }))

/** The store's own connections go through the pooler; tenants are made past it. */
export const postgresBehindPgBouncer: Fixture = async () => {
  const database = await createDatabase()
  const bouncer = await startPgBouncer(database.adminUrl)
  const pool = new Database({
    url: bouncer.url(database.url('trickle_app')),
    connectionsMax: CONNECTIONS,
    statements: 'unnamed',
  })
  const open = openPostgres(database, pool)
  return {
    ...open,
    async close() {
      await pool.end()
      await bouncer.stop()
      await open.close()
    },
  }
}

export function openPostgres(
  database: TestDatabase,
  pool: Database = database.pool('trickle_app', CONNECTIONS),
): OpenStore {
  const registry = new TenantRegistry(database.pool('trickle_operator', 1))
  const directory = new TenantDirectory(database.pool('trickle_app', 1), 'slug')
  return {
    store: new PostgresEventStore(pool),
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
