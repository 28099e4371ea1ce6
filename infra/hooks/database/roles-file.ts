import { readFile } from 'node:fs/promises'
import type { Client } from 'pg'
import type { Report } from '../frame/report.ts'
import type { DatabaseServer } from './database-server.ts'
import { inDatabase, TRANSACTION_LIMITS } from './server.ts'

const rolesFile = new URL('../../../database/roles.sql', import.meta.url)

/**
 * What database/roles.sql decides, as one hash. A second run should change nothing: comparing the hash before and after
 * a run shows whether that is so.
 */
const FACTS_QUERY = `
  select pg_catalog.md5(pg_catalog.concat_ws(E'\\n',
    (select string_agg(pg_catalog.format('%s %s %s', setdatabase, setrole, setconfig), ';' order by setdatabase, setrole)
       from pg_catalog.pg_db_role_setting),
    (select string_agg(pg_catalog.format('%s %s %s %s %s', roleid, member, inherit_option, set_option, admin_option), ';'
       order by roleid, member, grantor) from pg_catalog.pg_auth_members),
    (select string_agg(pg_catalog.format('%s %s', oid, rolcanlogin), ';' order by oid) from pg_catalog.pg_roles),
    (select string_agg(pg_catalog.format('%s %s %s', defaclrole, defaclobjtype, defaclacl), ';'
       order by defaclrole, defaclobjtype) from pg_catalog.pg_default_acl),
    (select datacl::text from pg_catalog.pg_database where datname = pg_catalog.current_database()),
    (select nspacl::text from pg_catalog.pg_namespace where nspname = 'public'))) as facts`

/**
 * Runs database/roles.sql in the application's database, whole or not at all.
 * @throws HookFailure
 */
export async function applyRolesFile(
  server: DatabaseServer,
  database: string,
  report: Report,
): Promise<void> {
  const text = await readFile(rolesFile, 'utf8')
  const notices: string[] = []
  const isChanged = await inDatabase(server, database, 'run database/roles.sql', async (client) => {
    client.on('notice', ({ severity, message }) => {
      if (message !== undefined && isWorthTelling(severity, message)) notices.push(message)
    })
    await client.query('begin')
    await client.query(TRANSACTION_LIMITS)
    // Two runs at once would end in "tuple concurrently updated".
    await client.query("select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('trickle_hook_roles'))")
    const before = await factsOf(client)
    await client.query(text)
    const after = await factsOf(client)
    await client.query('commit')
    return before !== after
  })
  for (const notice of notices) report.warn('roles.sql', notice)
  if (isChanged) report.changed('roles.sql', 'limits, memberships and rights set')
  else report.unchanged('roles.sql', 'limits, memberships and rights stand')
}

/**
 * Each run gives notices about memberships that exist already. The notices chosen here say that something was left
 * undone.
 */
const isWorthTelling = (severity: string | undefined, message: string): boolean =>
  severity === 'WARNING' || message.startsWith('trickle_')

async function factsOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ facts: string }>(FACTS_QUERY)
  return rows[0]?.facts ?? ''
}
