import type { Client } from 'pg'
import { breaksConnection } from '../../../shared/postgres/index.ts'
import { HookFailure } from '../frame/failure.ts'
import type { Report } from '../frame/report.ts'
import type { EntraPrincipals } from './entra-principals.ts'
import type { DatabaseServer } from './database-server.ts'
import { inDatabase, TRANSACTION_LIMITS } from './server.ts'

/** A login role of database/roles.sql and the object id of the identity that logs in as it. */
export interface Identity {
  readonly role: string
  /** Lower case. */
  readonly objectId: string
}

/** Roles that nobody logs in as. */
const OWN_ROLES = ['trickle_owner', 'trickle_writer', 'trickle_migrator'] as const

/** Azure's group of administrators. */
const ADMINISTRATORS = 'azure_pg_admin'

interface Outcome {
  readonly step: string
  readonly kind: 'changed' | 'unchanged' | 'warn'
  readonly what: string
}

/**
 * Makes or adopts the roles and lets the administrator act for the migrator, in one transaction of database `postgres`:
 * Azure's functions exist there only, and roles belong to the whole server.
 * @throws HookFailure
 */
export async function prepareRoles(
  server: DatabaseServer,
  identities: readonly Identity[],
  principalsOf: (client: Client) => EntraPrincipals,
  report: Report,
): Promise<void> {
  const outcomes = await inDatabase(server, 'postgres', 'make the roles', async (client) => {
    await client.query('begin')
    await client.query(TRANSACTION_LIMITS)
    // Two deployments at once would both find a role missing.
    await client.query("select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('trickle_hook_roles'))")
    const principals = principalsOf(client)
    const roles = [...OWN_ROLES, ...identities.map(({ role }) => role)]
    const done: Outcome[] = []
    const attached = await principals.attached()
    for (const identity of identities)
      done.push(await prepareLogin(client, principals, identity, attached.get(identity.role)))
    done.push(await prepareOwnRoles(client))
    await refuseForeign(client, roles)
    done.push(await shareWithAdministrators(client, roles))
    done.push(await joinMigrator(client))
    await client.query('commit')
    return done
  })
  // Reported after the commit, because a step that is rolled back was not done.
  for (const { step, kind, what } of outcomes) report[kind](step, what)
}

async function prepareLogin(
  client: Client,
  principals: EntraPrincipals,
  { role, objectId }: Identity,
  attachedTo: string | undefined,
): Promise<Outcome> {
  const found = await client.query<{ rolcanlogin: boolean }>(
    'select rolcanlogin from pg_catalog.pg_roles where rolname = $1',
    [role],
  )
  const existing = found.rows[0]
  if (existing === undefined) {
    await principals.create(role, objectId)
    return { step: role, kind: 'changed', what: `created for identity ${objectId}` }
  }
  if (existing.rolcanlogin && attachedTo === objectId)
    return { step: role, kind: 'unchanged', what: `identity ${objectId}` }
  await refuseForeign(client, [role])
  if (!existing.rolcanlogin) await client.query(`alter role ${client.escapeIdentifier(role)} login`)
  if (attachedTo !== objectId) await principals.attach(role, objectId)
  return { step: role, kind: 'changed', what: `${mendedBy(attachedTo, objectId)} ${objectId}` }
}

function mendedBy(attachedTo: string | undefined, objectId: string): string {
  if (attachedTo === objectId) return 'may log in again, for identity'
  if (attachedTo === undefined || attachedTo === '') return 'adopted for identity'
  return `mended, was identity ${attachedTo}; now`
}

async function prepareOwnRoles(client: Client): Promise<Outcome> {
  const found = await client.query<{ rolname: string }>(
    'select rolname from pg_catalog.pg_roles where rolname = any($1)',
    [OWN_ROLES],
  )
  const missing = OWN_ROLES.filter((role) => !found.rows.some((row) => row.rolname === role))
  for (const role of missing) await client.query(`create role ${client.escapeIdentifier(role)} nologin`)
  return missing.length === 0
    ? { step: 'roles', kind: 'unchanged', what: OWN_ROLES.join(', ') }
    : { step: 'roles', kind: 'changed', what: `created ${missing.join(', ')}` }
}

/**
 * Since PostgreSQL 16 a role can be changed only by the role that made it, or by one that has it with the admin option.
 */
async function refuseForeign(client: Client, roles: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ role: string; holders: string | null }>(
    `select r.rolname as role,
       (select string_agg(m.rolname, ', ' order by m.rolname) from pg_catalog.pg_auth_members a
         join pg_catalog.pg_roles m on m.oid = a.member where a.roleid = r.oid and a.admin_option) as holders
     from pg_catalog.pg_roles r
     where r.rolname = any($1) and not pg_catalog.pg_has_role(r.oid, 'usage with admin option')
     order by r.rolname`,
    [roles],
  )
  const [first] = rows
  if (first === undefined) return
  const names = rows.map((row) => row.role).join(', ')
  throw new HookFailure({
    code: 'ROLE_OF_OTHERS',
    what: `These roles were made by somebody else, who has not shared them: ${names}.`,
    where: `held with the admin option by ${first.holders ?? 'superusers only'}`,
    mend: `As ${first.holders ?? 'a superuser'}: grant ${names} to ${ADMINISTRATORS} with admin option; or, on a server without data, drop role ${names}`,
  })
}

/** Another administrator may run the next deployment, so the roles are shared with all of them. */
async function shareWithAdministrators(client: Client, roles: readonly string[]): Promise<Outcome> {
  const step = ADMINISTRATORS
  const { rows } = await client.query<{ role: string }>(
    `select r.rolname as role from pg_catalog.pg_roles r, pg_catalog.pg_roles g
     where r.rolname = any($1) and g.rolname = $2
       and not exists (select from pg_catalog.pg_auth_members a
         where a.roleid = r.oid and a.member = g.oid and a.admin_option)
     order by r.rolname`,
    [roles, ADMINISTRATORS],
  )
  if (rows.length === 0) return { step, kind: 'unchanged', what: 'administers the roles, where it exists' }
  const grants = rows.map(
    ({ role }) =>
      `grant ${client.escapeIdentifier(role)} to ${ADMINISTRATORS} with admin true, inherit false, set false`,
  )
  await client.query('savepoint shared')
  try {
    for (const grant of grants) await client.query(grant)
  } catch (error) {
    if (breaksConnection(error)) throw error
    // The administrator who deploys now can go on, another one later could not. So this is a warning and no failure.
    await client.query('rollback to savepoint shared')
    const why = error instanceof Error ? error.message : String(error)
    return { step, kind: 'warn', what: `only who made the roles can change them: ${why}` }
  }
  return { step, kind: 'changed', what: 'administers the roles, so that any administrator can deploy' }
}

/**
 * With INHERIT, since default privileges and grants need the owner's rights; with SET, since migrations run as the
 * migrator.
 */
async function joinMigrator(client: Client): Promise<Outcome> {
  const step = 'trickle_migrator'
  // The login that acts for the migrator makes the database and names the owner as the database's owner, which needs
  // this.
  const owner = await client.query<{ isMember: boolean }>(
    `select pg_catalog.pg_has_role('trickle_migrator', 'trickle_owner', 'set') as "isMember"`,
  )
  if (owner.rows[0]?.isMember !== true) await client.query('grant trickle_owner to trickle_migrator')
  const { rows } = await client.query<{ user: string; isMember: boolean }>(
    `select current_user as "user",
       pg_catalog.pg_has_role('trickle_migrator', 'usage') and pg_catalog.pg_has_role('trickle_migrator', 'set')
       as "isMember"`,
  )
  const { user, isMember } = rows[0] ?? { user: '', isMember: false }
  if (isMember) return { step, kind: 'unchanged', what: `${user} may act for it` }
  await client.query('grant trickle_migrator to current_user with inherit true, set true')
  return { step, kind: 'changed', what: `${user} may act for it` }
}
