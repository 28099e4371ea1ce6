import { Client } from 'pg'
import { POSTGRES_VERSION_MIN, migrateUp, prepareServer } from '../../database/index.ts'
import type { MigrateReport } from '../../database/index.ts'
import { LocalFailure, systemCode } from '../failure/index.ts'
import { roleUrl } from './environment.ts'
import type { RolePasswords } from './secrets.ts'

/** The database of every Trickle. */
export const DATABASE_NAME = 'trickle'

/** A server of somebody else may be across a network. If it takes longer than this, it does not answer. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Checks a server that somebody else runs: it must answer and be new enough, and the login must have the right to make
 * roles and databases.
 * @throws LocalFailure SERVER_UNREACHABLE, SERVER_UNSUITABLE
 */
export async function checkServer(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  client.on('error', () => undefined)
  const where = withoutPassword(adminUrl)
  try {
    await client.connect()
  } catch (error) {
    throw new LocalFailure({
      code: 'SERVER_UNREACHABLE',
      what: `No login to the PostgreSQL server: ${error instanceof Error ? error.message || (systemCode(error) ?? '') : String(error)}`,
      where,
      mend: 'Check address, name and password of --postgres URL (an administrator of that server).',
      cause: error,
    })
  }
  try {
    const { rows } = await client.query<{ version: number; able: boolean }>(
      `select current_setting('server_version_num')::int / 10000 as version,
         (rolsuper or (rolcreaterole and rolcreatedb)) as able from pg_roles where rolname = current_user`,
    )
    const facts = rows[0]
    if (facts && facts.version >= POSTGRES_VERSION_MIN && facts.able) return
    throw new LocalFailure({
      code: 'SERVER_UNSUITABLE',
      what:
        facts && facts.version < POSTGRES_VERSION_MIN
          ? `The server is PostgreSQL ${facts.version}; Trickle needs ${POSTGRES_VERSION_MIN} or later.`
          : 'The login of --postgres may not make roles and databases.',
      where,
      mend: 'Use the login of an administrator of a newer server, or leave --postgres away.',
    })
  } finally {
    await client.end()
  }
}

function withoutPassword(url: string): string {
  const shown = new URL(url)
  if (shown.password !== '') shown.password = '***'
  return shown.href
}

export interface DatabaseUrls {
  readonly app: string
  readonly worker: string
  readonly forwarder: string
  readonly operator: string
  readonly migrator: string
  readonly inspector: string
}

/**
 * Brings a server to the state that the functions need: roles with this home's passwords, the database, migrations.
 * @returns the login urls, and what the migrations of this start changed
 */
export async function prepareDatabase(
  adminUrl: string,
  passwords: RolePasswords,
): Promise<{ urls: DatabaseUrls; report: MigrateReport }> {
  const urlOf = (role: keyof RolePasswords): string => roleUrl(adminUrl, DATABASE_NAME, role, passwords)
  await prepareServer({ adminUrl, database: DATABASE_NAME, passwords, local: true })
  const report = await migrateUp({ migratorUrl: urlOf('trickle_migrator') })
  return {
    urls: {
      app: urlOf('trickle_app'),
      worker: urlOf('trickle_worker'),
      forwarder: urlOf('trickle_forwarder'),
      operator: urlOf('trickle_operator'),
      migrator: urlOf('trickle_migrator'),
      inspector: urlOf('trickle_inspector'),
    },
    report,
  }
}
