import { randomBytes } from 'node:crypto'
import { LOGIN_ROLES, migrateUp, prepareServer, urlOfDatabase, withClient } from '../../database/index.ts'
import type { BenchServer } from './server.ts'

/**
 * Creates one more migrated database on a server, for data that nobody needs later. It has the interface of a server
 * and the same logins.
 * @param afterSql run by the administrator after the migrations
 */
export async function createScratchDatabase(
  server: BenchServer,
  name: string,
  afterSql: string,
): Promise<BenchServer> {
  const passwordOf = (role: (typeof LOGIN_ROLES)[number]): string => new URL(server.url(role)).password
  const passwords = {
    ...Object.fromEntries(LOGIN_ROLES.map((role) => [role, passwordOf(role)])),
    trickle_inspector: randomBytes(12).toString('hex'),
  } as Parameters<typeof prepareServer>[0]['passwords']
  await prepareServer({ adminUrl: server.adminUrl, database: name, passwords, local: false })
  const url: BenchServer['url'] = (role) => urlOfDatabase(server.url(role), name)
  await migrateUp({ migratorUrl: url('trickle_migrator') })
  const adminUrl = urlOfDatabase(server.adminUrl, name)
  await withClient(adminUrl, (client) => client.query(afterSql))
  return { ...server, adminUrl, url, dispose: () => Promise.resolve() }
}
