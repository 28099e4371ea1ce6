import { readFile } from 'node:fs/promises'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { allRights, HOLDERS, rightsOf } from './rights.ts'

let database: TestDatabase
let admin: Client

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

const written = (): Promise<string> => readFile(new URL('rights.txt', import.meta.url), 'utf8')

describe('the rights of every login, by column', () => {
  it('are those of rights.txt: a change of them is made there too (npx vitest run test/database/rights.int.test.ts -u)', async () => {
    await expect(await allRights(admin)).toMatchFileSnapshot('rights.txt')
    expect((await written()).split('\n\n').map((section) => section.split('\n')[0])).toEqual([...HOLDERS])
  })

  it.each([
    ['grant update (slug) on trickle_tenants_state.tenants to trickle_operator', 'trickle_operator', 'slug'],
    ['grant update on trickle_tenants_state.tenants to trickle_operator', 'trickle_operator', 'update'],
    ['grant select (data) on trickle_events_log.events_p03 to trickle_app', 'trickle_app', 'select (data)'],
    ['grant truncate on trickle_events_log.streams to public', 'trickle_forwarder', 'truncate'],
    ['grant trickle_owner to trickle_app with inherit true', 'trickle_app', 'fold_name'],
    ['grant usage on sequence trickle_events_log.event_position to trickle_app', 'trickle_app', 'sequence'],
    ['grant create on schema trickle_events_log to trickle_app', 'trickle_app', 'usage, create'],
    [
      'grant execute on function trickle_tenants_state.create_tenants(jsonb) to trickle_app',
      'trickle_app',
      'create_tenants',
    ],
  ])('are not the same any more after: %s', async (change, holder, word) => {
    await admin.query('begin')
    try {
      const before = await rightsOf(admin, holder)
      await admin.query(change)
      const added = (await rightsOf(admin, holder)).filter((line) => !before.includes(line))
      expect(added.join('\n')).toContain(word)
      expect(await allRights(admin)).not.toBe(await written())
    } finally {
      await admin.query('rollback')
    }
  })
})

/** A statement and the SQLSTATE of its refusal. */
const codeOf = (client: Client, text: string): Promise<string> =>
  client.query(text).then(
    () => `${text}: done`,
    (error: unknown) => `${text}: ${(error as { code?: string }).code ?? 'no code'}`,
  )

describe('who a tenant is', () => {
  const tenants = 'trickle_tenants_state.tenants'
  const sections = async (): Promise<string[]> => {
    const lines: string[] = []
    for (const holder of HOLDERS.filter((name) => name !== 'trickle_inspector'))
      lines.push(...(await rightsOf(admin, holder)).filter((line) => line.startsWith(`table ${tenants}:`)))
    return lines
  }

  it('is changed by no login: an update reaches name, status and updated_at only', async () => {
    const updates = (await sections()).flatMap((line) => /update[^,(]*(?:\([^)]*\))?/.exec(line) ?? [])
    expect(new Set(updates)).toEqual(new Set(['update (name, status, updated_at)']))
  })

  it('is not given away by a tenant that is removed and made again: no login removes one', async () => {
    expect((await sections()).filter((line) => /delete|truncate/.test(line))).toEqual([])
  })

  it.each(['trickle_operator', 'trickle_migrator'] as const)('can not be rewritten by %s', async (login) => {
    const tenant = await database.tenant(`of-${login.replace('_', '-')}`)
    const client = await database.client(login)
    for (const text of [
      `update ${tenants} set tenant_id = gen_random_uuid()`,
      `update ${tenants} set slug = 'other'`,
      `update ${tenants} set external_id = 'other'`,
      `update ${tenants} set name = 'Other', slug = slug`,
      `update ${tenants} set created_at = now()`,
      `delete from ${tenants}`,
      `truncate ${tenants} cascade`,
      `truncate trickle_tenants_state.tenant_names cascade`,
      `merge into ${tenants} t using (select 1) on t.slug = 'acme' when matched then update set slug = 'x'`,
    ])
      expect(await codeOf(client, text)).toBe(`${text}: 42501`)
    const { rowCount } = await client.query(`update ${tenants} set name = 'New' where tenant_id = $1`, [
      tenant.tenantId,
    ])
    expect(rowCount).toBe(1)
  })

  it('is not taken over by a name: an operator reaches none, and the owner none that is in use', async () => {
    const tenant = await database.tenant('in-use')
    const operator = await database.client('trickle_operator')
    const names = 'trickle_tenants_state.tenant_names'
    for (const text of [`select from ${names}`, `insert into ${names} values ('x', gen_random_uuid())`])
      await expect(operator.query(text)).rejects.toMatchObject({ code: '42501' })
    await expect(
      operator.query(`insert into ${tenants} (tenant_id, slug, name) values (gen_random_uuid(), 's', 'n')`),
    ).rejects.toMatchObject({ code: '42501' })
    const migrator = await database.client('trickle_migrator')
    for (const text of [
      `update ${names} set tenant_id = gen_random_uuid() where name = 'in-use'`,
      `update ${names} set name = 'other' where tenant_id = '${tenant.tenantId}' and name = 'in-use'`,
      `delete from ${names} where name = 'in-use'`,
    ])
      expect(await codeOf(migrator, text)).toBe(`${text}: 23503`)
  })
})
