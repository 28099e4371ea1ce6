import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import { migrateUp, prepareServer, urlOfDatabase, withClient } from '../../database/index.ts'
import { startTestServer } from '../../local/postgres/index.ts'
import type { ServerTemplate, TestServer, TestServerOptions } from '../../local/postgres/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import { TenantDirectory, TenantRegistry } from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { MIGRATED, testPasswords, urlOf } from './urls.ts'
import type { TestRole } from './urls.ts'

/** A migrated database that only the calling file uses. */
export interface TestDatabase {
  readonly name: string
  readonly adminUrl: string
  url(role: TestRole): string
  /** A pool with one login. `drop` ends it. */
  pool(role: Exclude<TestRole, 'trickle_inspector' | 'trickle_migrator'>, connectionsMax?: number): Database
  /** A plain client with one login, or with the administrator's. `drop` ends it. */
  client(role: TestRole | 'admin'): Promise<Client>
  /** Creates a tenant with the product's own functions, and returns its context. */
  tenant(slug: string): Promise<TenantContext>
  drop(): Promise<void>
}

/** The server for a new database, and its template. Nobody may be connected to the template at that time. */
export interface DatabasePlace {
  readonly adminUrl: string
  readonly template: string
}

/**
 * Creates a database on the server that all files share, or on another one. The horizon is server-wide, so transactions
 * of other files hold the feed. A test that reads a feed there must first wait for `feedSettled`, or read until it has
 * all that must be there. Tests of feed order need `createOwnServer`, whose database `trickle` can be a template, too.
 */
export async function createDatabase(place?: DatabasePlace): Promise<TestDatabase> {
  const { adminUrl, template } = place ?? { adminUrl: inject('adminUrl'), template: MIGRATED }
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await withClient(adminUrl, (client) =>
    client.query(`create database ${name} template ${template} owner trickle_owner`),
  )
  const database = openDatabase(adminUrl, name)
  return {
    ...database,
    async drop() {
      await database.drop()
      await withClient(adminUrl, (client) => client.query(`drop database ${name} with (force)`))
    },
  }
}

/**
 * A server and a migrated database for one file only: for feed order, faults and replicas. Autovacuum is off, since its
 * transactions hold the horizon, too. So only the file itself starts transactions there.
 */
export async function createOwnServer(options: TestServerOptions = {}) {
  const server = await startMigrated(options, inject('serverTemplate'))
  const database = openDatabase(server.adminUrl, MIGRATED)
  return {
    ...database,
    server,
    async drop() {
      await database.drop()
      await server.dispose()
    },
  }
}

/** @param template a stopped server with the migrated database; used if it has the requested version. */
export async function startMigrated(
  options: TestServerOptions,
  template: ServerTemplate | null,
): Promise<TestServer> {
  if (template !== null && (options.version ?? 18) === 18)
    return startTestServer({ ...options, copyOf: template })
  const server = await startTestServer(options)
  await prepareServer({
    adminUrl: server.adminUrl,
    database: MIGRATED,
    passwords: testPasswords,
    local: true,
  })
  await migrateUp({ migratorUrl: urlOf(server.adminUrl, 'trickle_migrator', MIGRATED) })
  return server
}

function openDatabase(adminUrl: string, name: string): TestDatabase {
  const endings: (() => Promise<void>)[] = []
  const database: TestDatabase = {
    name,
    adminUrl: urlOfDatabase(adminUrl, name),
    url: (role) => urlOf(adminUrl, role, name),
    pool(role, connectionsMax = 5) {
      const pool = new Database({ url: database.url(role), connectionsMax, statements: 'unnamed' })
      endings.push(() => pool.end())
      return pool
    },
    async client(role) {
      const client = new Client({
        connectionString: role === 'admin' ? database.adminUrl : database.url(role),
      })
      client.on('error', () => {})
      await client.connect()
      endings.push(() => client.end())
      return client
    },
    async tenant(slug) {
      const operator = database.pool('trickle_operator', 1)
      await new TenantRegistry(operator).createMissing([{ slug }])
      return new TenantDirectory(database.pool('trickle_app', 1), 'slug').resolve(slug)
    },
    async drop() {
      await Promise.allSettled(endings.map((end) => end()))
    },
  }
  return database
}
