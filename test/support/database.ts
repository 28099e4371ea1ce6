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

/** A migrated database of the calling file's own. */
export interface TestDatabase {
  readonly name: string
  readonly adminUrl: string
  url(role: TestRole): string
  /** A pool of one login; ended by `drop`. */
  pool(role: Exclude<TestRole, 'trickle_inspector' | 'trickle_migrator'>, connectionsMax?: number): Database
  /** A bare client of one login, or of the administrator; ended by `drop`. */
  client(role: TestRole | 'admin'): Promise<Client>
  /** Makes a tenant and returns the right to act for it, by the ways the product has. */
  tenant(slug: string): Promise<TenantContext>
  drop(): Promise<void>
}

/** Which server a database is made on, and of which template, to which nobody may be connected then. */
export interface DatabasePlace {
  readonly adminUrl: string
  readonly template: string
}

/**
 * On the server that all files share, or at another place. The horizon is server-wide: a test that reads a feed there
 * waits for `feedSettled` first, or reads until it has what must be there. Tests of feed order want `createOwnServer`,
 * whose database `trickle` can be a template as well.
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
 * A server and a migrated database for one file alone: for feed order, faults and replicas. Without autovacuum, whose
 * transactions hold the horizon too, it is still but for what the file does.
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

/** @param template a stopped server with the migrated database; used where it is of the version that is asked for. */
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
