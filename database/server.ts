import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import type { ClientConfig } from 'pg'
import { addressOf } from '../shared/postgres/index.ts'

/** transaction_timeout, which ends every transaction that stands open too long, came with PostgreSQL 17. */
export const POSTGRES_VERSION_MIN = 17

export const LOGIN_ROLES = [
  'trickle_migrator',
  'trickle_app',
  'trickle_worker',
  'trickle_forwarder',
  'trickle_operator',
] as const
export type LoginRole = (typeof LOGIN_ROLES)[number]

export interface PrepareServerOptions {
  /** postgres:// url of the server's administrator. */
  readonly adminUrl: string
  readonly database: string
  readonly passwords: Readonly<Record<LoginRole | 'trickle_inspector', string>>
  /** True makes the inspector too, a login that reads everything; it must never exist in Azure. */
  readonly local: boolean
}

const rolesFile = new URL('./roles.sql', import.meta.url)

/**
 * Makes the database and the login roles of a server, or completes them; running it again changes nothing but the
 * passwords. The database belongs to trickle_owner.
 */
export async function prepareServer({
  adminUrl,
  database,
  passwords,
  local,
}: PrepareServerOptions): Promise<void> {
  const rolesSql = await readFile(rolesFile, 'utf8')
  await withClient(adminUrl, async (client) => {
    const found = await client.query('select from pg_catalog.pg_database where datname = $1', [database])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`)
  })
  await withClient(urlOfDatabase(adminUrl, database), async (client) => {
    await client.query(rolesSql)
    for (const role of LOGIN_ROLES) {
      await client.query(`alter role ${role} login password ${client.escapeLiteral(passwords[role])}`)
    }
    await client.query('alter role trickle_migrator nosuperuser createrole')
    await client.query(`alter database ${client.escapeIdentifier(database)} owner to trickle_owner`)
    if (local) await prepareInspector(client, passwords.trickle_inspector)
  })
}

/** Local only: reads every tenant's rows and can change nothing. No other login has BYPASSRLS. */
async function prepareInspector(client: Client, password: string): Promise<void> {
  const found = await client.query("select from pg_catalog.pg_roles where rolname = 'trickle_inspector'")
  if (found.rowCount === 0) await client.query('create role trickle_inspector')
  await client.query(
    `alter role trickle_inspector login bypassrls nosuperuser password ${client.escapeLiteral(password)}`,
  )
  await client.query("alter role trickle_inspector set default_transaction_read_only = 'on'")
  await client.query("alter role trickle_inspector set timezone = 'UTC'")
  await client.query('grant pg_read_all_data, pg_monitor to trickle_inspector')
  await client.query(
    `grant connect on database ${client.escapeIdentifier(client.database ?? '')} to trickle_inspector`,
  )
}

/** The same server, another database. */
export function urlOfDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(database)}`
  return changed.href
}

/** How a client logs in, where the url alone does not say it. */
export interface LoginOptions {
  /**
   * Called for each new connection, for example for an Entra ID token; the url's own password is not used then, and TLS
   * verifies the server's certificate unless the address is a loopback one.
   */
  readonly password?: (() => Promise<string>) | undefined
  /** Role that the session acts as from its first statement on; the login must be a member of it. */
  readonly role?: string | undefined
}

/** Time to connect: a firewall that lets nobody in gives no answer at all. */
const CONNECT_TIMEOUT_MS = 10_000

export async function withClient<T>(
  url: string,
  work: (client: Client) => Promise<T>,
  login: LoginOptions = {},
): Promise<T> {
  const client = new Client(clientConfigOf(url, login.password))
  // Without a listener a connection that is cut between two queries would end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    if (login.role !== undefined) await client.query(`set role ${client.escapeIdentifier(login.role)}`)
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Without `password`, the url goes to the driver as it is, with its own password and all else that it says. */
function clientConfigOf(url: string, password: LoginOptions['password']): ClientConfig {
  const login = password === undefined ? { connectionString: url } : { ...addressOf(url), password }
  return { ...login, connectionTimeoutMillis: CONNECT_TIMEOUT_MS }
}
