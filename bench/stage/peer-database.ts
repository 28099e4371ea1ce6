import { urlOfDatabase, withClient } from '../../database/index.ts'
import type { BenchServer } from './server.ts'

/**
 * A database of another tool's own, on the same server, used as its administrator: no row-level security and no checks of
 * privileges, which is to the tool's advantage. Made once on a server, opened as often as wanted.
 */
export async function createPeerDatabase(server: BenchServer, name: string): Promise<string> {
  await withClient(server.adminUrl, async (client) => {
    const found = await client.query('select from pg_catalog.pg_database where datname = $1', [name])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  })
  return urlOfDatabase(server.adminUrl, name)
}
