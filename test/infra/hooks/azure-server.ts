import { withClient } from '../../../database/index.ts'
import { createReport, runPostprovision } from '../../../infra/hooks/index.ts'
import { outputsSample } from './outputs-sample.ts'

/** Logins of the stand-in: administrators as Azure's are, without superuser. */
export const DEPLOYER = 'anna@example.com'
export const COLLEAGUE = 'ben@example.com'

/**
 * What makes a local server like Azure's: the group of administrators, two of its members, and in database `postgres` the
 * functions for Entra principals. The one that creates a role does so as a superuser, as Azure's may do: its caller then has
 * no admin option on the role, and could not share or change it. The label itself
 * is written by a function, since no label provider is loaded here, and under SECURITY LABEL's own rule of who may.
 */
const LIKE_AZURE = `
  create role azure_pg_admin nologin;
  grant pg_monitor, pg_read_all_stats, pg_read_all_settings, pg_signal_backend to azure_pg_admin with admin option;
  create role "${DEPLOYER}" login createrole createdb password 'anna' in role azure_pg_admin;
  create role "${COLLEAGUE}" login createrole createdb password 'ben' in role azure_pg_admin;
  alter database postgres owner to azure_pg_admin;
  alter database template1 owner to azure_pg_admin`

const ENTRA_FUNCTIONS = `
  create function pg_catalog.pgaadauth_stand_in_label(p_role text, p_label text) returns void
  language plpgsql security definer set search_path = pg_catalog as $$
  declare
    v_role oid := (select oid from pg_authid where rolname = p_role);
  begin
    if not pg_has_role(session_user, v_role, 'usage with admin option') then
      raise insufficient_privilege using message = format('permission denied to label role "%s"', p_role);
    end if;
    delete from pg_shseclabel where objoid = v_role and provider = 'pgaadauth';
    insert into pg_shseclabel (objoid, classoid, provider, label)
    values (v_role, 'pg_authid'::regclass, 'pgaadauth', p_label);
  end $$;
  create function pg_catalog.pgaadauth_create_principal_with_oid(
    rolename text, objectid text, objecttype text, isadmin boolean, ismfa boolean) returns text
  language plpgsql security definer set search_path = pg_catalog as $$
  begin
    execute format('create role %I login', rolename);
    perform pg_catalog.pgaadauth_stand_in_label(rolename,
      format('aadauth,oid=%s,type=%s', objectid, objecttype) || case when isadmin then ',admin' else '' end);
    return 'Created role for ' || rolename;
  end $$;
  create function pg_catalog.pgaadauth_list_principals(isadminvalue boolean)
  returns table (rolname text, principaltype text, objectid text, tenantid text, ismfa int, isadmin int)
  language sql as $$
    select r.rolname::text, substring(l.label from 'type=([a-z]+)'), substring(l.label from 'oid=([^,]+)'), '', 0,
      (l.label ~ ',admin')::int
    from pg_catalog.pg_shseclabel l join pg_catalog.pg_roles r on r.oid = l.objoid
    where l.provider = 'pgaadauth' and (not isadminvalue or l.label ~ ',admin')
  $$`

const DROP_ENTRA_FUNCTIONS = `
  drop function if exists pg_catalog.pgaadauth_create_principal_with_oid, pg_catalog.pgaadauth_list_principals,
    pg_catalog.pgaadauth_stand_in_label`

const OUR_ROLES = [
  'trickle_app',
  'trickle_worker',
  'trickle_forwarder',
  'trickle_operator',
  'trickle_writer',
  'trickle_migrator',
  'trickle_owner',
]

/** Once for each server. */
export async function makeLikeAzure(adminUrl: string): Promise<void> {
  await asAdmin(adminUrl, LIKE_AZURE)
  await asAdmin(adminUrl, ENTRA_FUNCTIONS)
}

const asAdmin = (adminUrl: string, text: string) => withClient(adminUrl, (client) => client.query(text))

/** The server as right after its first provision, where the template has not made the database. */
export async function reset(adminUrl: string): Promise<void> {
  await asAdmin(adminUrl, 'drop database if exists trickle with (force)')
  const { rows } = await asAdmin(
    adminUrl,
    `select rolname from pg_catalog.pg_roles where rolname in ('${OUR_ROLES.join("', '")}')`,
  )
  const labels =
    'delete from pg_catalog.pg_shseclabel where objoid = (select oid from pg_catalog.pg_roles where rolname = '
  for (const { rolname } of rows as { rolname: string }[])
    await asAdmin(adminUrl, `${labels}'${rolname}'); drop owned by ${rolname} cascade; drop role ${rolname}`)
  await asAdmin(adminUrl, `${DROP_ENTRA_FUNCTIONS}; ${ENTRA_FUNCTIONS}`)
}

export const withoutEntraFunctions = (adminUrl: string) => asAdmin(adminUrl, DROP_ENTRA_FUNCTIONS)

/** The url of one administrator. */
export function administratorUrl(adminUrl: string, name = DEPLOYER): string {
  const url = new URL(adminUrl)
  url.username = encodeURIComponent(name)
  url.password = name === DEPLOYER ? 'anna' : 'ben'
  return url.href
}

/** The environment of the second hook on this server. */
export function environmentOf(adminUrl: string, changes: Readonly<Record<string, string>> = {}) {
  return {
    ...outputsSample,
    TRICKLE_HOOK_POSTGRES_URL: administratorUrl(adminUrl),
    TRICKLE_HOOK_ENTRA: 'stand-in',
    TRICKLE_HOOK_WAIT_SECONDS: '20',
    TRICKLE_CLIENT_ADDRESS: 'off',
    ...changes,
  }
}

/**
 * Runs the hook once.
 * @returns what it printed, and what it has changed
 */
export async function runHookOn(environment: Readonly<Record<string, string>>) {
  const lines: string[] = []
  const report = createReport((line) => lines.push(line))
  await runPostprovision({
    environment,
    report,
    login: () => Promise.reject(new Error('no token is needed here')),
  })
  return { text: lines.join('\n'), changes: report.changes }
}

/** What is decided about roles and the database: two servers with the same lines are the same. */
export async function roleFacts(adminUrl: string): Promise<string[]> {
  const { rows } = await withClient(adminUrl, (client) =>
    client.query<[string]>({
      rowMode: 'array',
      text: `
        select format('role %s login=%s super=%s', rolname, rolcanlogin, rolsuper) from pg_roles where rolname ~ '^trickle'
        union all
        select format('%s in %s inherit=%s set=%s admin=%s', m.rolname, g.rolname, inherit_option, set_option, admin_option)
          from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
          where g.rolname ~ '^trickle' or m.rolname ~ '^trickle'
        union all
        select format('%s is %s', r.rolname, l.label) from pg_shseclabel l join pg_roles r on r.oid = l.objoid
        union all
        select format('%s has %s', r.rolname, s.setconfig) from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
        union all
        select format('database %s of %s: %s', datname, pg_get_userbyid(datdba), datacl) from pg_database
          where datname = 'trickle'
        order by 1`,
    }),
  )
  return rows.map(([line]) => line)
}
