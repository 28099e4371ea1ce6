import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from 'pg'
import { owners, readFunctions } from '../../database/index.ts'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'

/** The functions whose comment says so: a statement of another owner reads by them what it would read of the table. */
const merged = (await readFunctions(owners()))
  .filter(({ sql }) => /PostgreSQL\s+(?:-- )?inlines/.test(sql))
  .map(({ functionName }) => functionName)

let database: TestDatabase
let admin: Client
beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

/** How PostgreSQL would carry out a call of the function, with nothing known of its arguments. */
async function planOf(name: string): Promise<string> {
  const { rows: arities } = await admin.query<{ call: string }>(
    `select format('select * from %s(%s)', p.oid::regproc,
        (select string_agg(format('$%s::%s', a.n, format_type(a.type, null)), ', ' order by a.n)
          from unnest(p.proargtypes::oid[]) with ordinality as a (type, n))) as call
      from pg_proc p where p.oid = $1::regproc`,
    [name],
  )
  const { rows } = await admin.query<{ 'QUERY PLAN': string }>(
    `explain (generic_plan, verbose) ${arities[0]?.call}`,
  )
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

describe('a function whose comment says that PostgreSQL inlines it', () => {
  it('exists for each look over a wall on the way of an append', () => {
    expect(merged).toEqual(
      expect.arrayContaining(['trickle_tenants_state.tenant_status', 'trickle_commands_log.find_receipt']),
    )
  })

  it.each(merged)('is so, and costs no call: %s', async (name) => {
    const plan = await planOf(name)
    expect(plan).not.toContain(`Function Call: ${name}(`)
    expect(plan).toMatch(/Scan/)
  })

  it('would be a call, if it acted as its owner', async () => {
    await admin.query('begin')
    try {
      await admin.query('alter function trickle_tenants_state.tenant_status security definer')
      expect(await planOf('trickle_tenants_state.tenant_status')).toContain(
        'Function Call: trickle_tenants_state.tenant_status(',
      )
    } finally {
      await admin.query('rollback')
    }
  })
})
