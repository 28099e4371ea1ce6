import { urlOfDatabase, withClient } from '../../database/index.ts'
import type { BenchServer } from './server.ts'

/**
 * A database for another tool on the same server. The tool uses it as administrator: without row-level security and
 * checks of privileges, which is to its advantage. The database is created in the first call for a server.
 */
export async function createPeerDatabase(server: BenchServer, name: string): Promise<string> {
  await withClient(server.adminUrl, async (client) => {
    const found = await client.query('select from pg_catalog.pg_database where datname = $1', [name])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  })
  return urlOfDatabase(server.adminUrl, name)
}
