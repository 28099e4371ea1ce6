import { Client as PgClient } from 'pg'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareServer } from '../../database/index.ts'
import { createOwnServer } from '../support/database.ts'
import { testPasswords } from '../support/urls.ts'
import type { TestRole } from '../support/urls.ts'

let database: Awaited<ReturnType<typeof createOwnServer>>
let admin: Client

beforeAll(async () => {
  // Roles and what they may do to a database belong to a server; the shared one is for databases only.
  database = await createOwnServer()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

async function column(text: string): Promise<string[]> {
  const { rows } = await admin.query<[string]>({ text, rowMode: 'array' })
  return rows.map(([value]) => value)
}

describe('login roles', () => {
  it.each([
    ['trickle_app', '10s', '5s', '5s', '15s'],
    ['trickle_worker', '30s', '5s', '5s', '35s'],
    ['trickle_forwarder', '30s', '5s', '10s', '1min'],
    ['trickle_operator', '30s', '10s', '10s', '1min'],
  ] as const)('%s has its limits in force', async (role, ...limits) => {
    const client = await database.client(role)
    const shown: string[] = []
    for (const name of [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'transaction_timeout',
      'timezone',
      'search_path',
    ]) {
      const { rows } = await client.query<[string]>({ text: `show ${name}`, rowMode: 'array' })
      shown.push(rows[0]?.[0] ?? '')
    }
    expect(shown).toEqual([...limits, 'UTC', '""'])
  })

  it('nobody but the administrator and the inspector goes past row-level security', async () => {
    expect(
      await column(
        "select rolname from pg_roles where (rolsuper or rolbypassrls) and rolname !~ '^pg_' order by 1",
      ),
    ).toEqual(['postgres', 'trickle_inspector'])
  })

  it('nobody is a member of more than was meant, directly or by way of another role', async () => {
    const memberships = await column(
      `select format('%s in %s', m.rolname, g.rolname) from pg_auth_members a
        join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid where m.rolname !~ '^pg_' order by 1`,
    )
    expect(memberships).toEqual([
      'trickle_inspector in pg_monitor',
      'trickle_inspector in pg_read_all_data',
      'trickle_migrator in trickle_owner',
      'trickle_migrator in trickle_writer',
      'trickle_operator in pg_read_all_stats',
    ])
  })

  it('the owner of all objects can not log in, and only the migrator makes roles', async () => {
    expect(
      await column("select rolname from pg_roles where rolcanlogin and rolname ~ '^trickle' order by 1"),
    ).toEqual([
      'trickle_app',
      'trickle_forwarder',
      'trickle_inspector',
      'trickle_migrator',
      'trickle_operator',
      'trickle_worker',
    ])
    expect(
      await column(
        "select rolname from pg_roles where (rolcreaterole or rolcreatedb or rolreplication) and rolname ~ '^trickle'",
      ),
    ).toEqual(['trickle_migrator'])
  })

  it.each([
    'trickle_app',
    'trickle_worker',
    'trickle_forwarder',
    'trickle_operator',
    'trickle_inspector',
  ] satisfies TestRole[])(
    '%s makes no object, not even a temporary one, and takes no other role',
    async (role) => {
      const client = await database.client(role)
      await client.query("select set_config('default_transaction_read_only', 'off', false)")
      for (const text of [
        'create schema trickle_other_state',
        'create table public.made (id int)',
        'create temporary table pg_locks (id int)',
        'create table trickle_events_log.made (id int)',
        'set role trickle_owner',
        'set role trickle_migrator',
        'alter role trickle_app bypassrls',
        'alter table trickle_events_log.events disable row level security',
        'set session_replication_role = replica',
      ]) {
        const refusal = await client.query(text).catch((error: unknown) => error)
        expect({ text, refusal }).toMatchObject({ text, refusal: { code: '42501' } })
      }
    },
  )

  it('the inspector sees every tenant and changes nothing', async () => {
    const inspector = await database.client('trickle_inspector')
    const tenant = await database.tenant('seen')
    const { rows } = await inspector.query('select slug from trickle_tenants_state.tenants')
    expect(rows).toEqual([{ slug: tenant.slug }])
    await expect(inspector.query('delete from trickle_tenants_state.tenants')).rejects.toMatchObject({
      code: '25006',
    })
    await inspector.query("select set_config('default_transaction_read_only', 'off', false)")
    await expect(inspector.query('delete from trickle_tenants_state.tenants')).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('nobody connects by way of the public role', async () => {
    await admin.query("create role stranger login password 'stranger'")
    expect(await codeOfLogin('stranger', 'stranger', 'trickle')).toBe('42501')
    await admin.query('drop role stranger')
  })

  it.each(Object.entries(testPasswords))(
    '%s connects to no other database of the server',
    async (login, password) => {
      expect(await codeOfLogin(login, password, 'trickle')).toBe('connected')
      for (const other of ['postgres', 'template1'])
        expect({ other, code: await codeOfLogin(login, password, other) }).toEqual({ other, code: '42501' })
    },
  )

  it.each([
    'trickle_app',
    'trickle_worker',
    'trickle_forwarder',
    'trickle_operator',
    'trickle_migrator',
  ] satisfies TestRole[])('%s makes, reads and changes no large object', async (role) => {
    const client = await database.client(role)
    const { rows } = await admin.query<[string]>({
      text: `select format('%s(%s)', p.oid::regproc, (select string_agg(format('%L::%s', '1', format_type(a, null)), ', ') from unnest(p.proargtypes::oid[]) as a))
          from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.proname ~ '^lo(_|read|write)'`,
      rowMode: 'array',
    })
    expect(rows.length).toBeGreaterThan(15)
    for (const [call] of rows) {
      const refusal: unknown = await client.query(`select ${call}`).catch((error: unknown) => error)
      expect({ call, refusal }).toMatchObject({ call, refusal: { code: '42501' } })
    }
  })
})

/** What comes of a login: "connected", or the SQLSTATE of the refusal. */
async function codeOfLogin(login: string, password: string, name: string): Promise<string> {
  const url = new URL(database.adminUrl)
  url.username = login
  url.password = password
  url.pathname = `/${name}`
  const client = new PgClient({ connectionString: url.href })
  client.on('error', () => {})
  try {
    await client.connect()
    return 'connected'
  } catch (error) {
    return (error as { code?: string }).code ?? 'no code'
  } finally {
    await client.end()
  }
}

describe('a server that others use too', () => {
  it('keeps for its logins the databases that they connect to', async () => {
    await admin.query("create role neighbour login password 'neighbour'")
    await admin.query('grant connect on database postgres, template1 to public')
    await prepareServer({
      adminUrl: database.server.adminUrl,
      database: 'trickle',
      passwords: testPasswords,
      local: true,
    })
    for (const other of ['postgres', 'template1']) {
      expect(await codeOfLogin('neighbour', 'neighbour', other)).toBe('connected')
      expect(await codeOfLogin('trickle_app', testPasswords.trickle_app, other)).toBe('42501')
    }
    expect(await codeOfLogin('neighbour', 'neighbour', 'trickle')).toBe('42501')
  })
})
