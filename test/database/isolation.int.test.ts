import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGINS, TABLE_VERBS } from '../../shared/postgres/index.ts'
import type { Login, TableVerb } from '../../shared/postgres/index.ts'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { accessOf, namedRelations } from './expected-access.ts'
import { attempt, CONTEXTS, PLATFORM, relationsWithTenants, rowOf, seedTenants } from './isolation-support.ts'
import type { Attempt, Context, Pair } from './isolation-support.ts'

let database: TestDatabase
let admin: Client
let relations: Awaited<ReturnType<typeof relationsWithTenants>>
let tenantsOf: Map<string, readonly string[]>

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await seedTenants(admin)
  relations = await relationsWithTenants(admin)
  tenantsOf = new Map(relations.map(({ relation, tenants }) => [relation, tenants]))
})
afterAll(() => database.drop())

/** Tries one verb by one login on every relation in every context, and tells what should not have happened. */
async function surprises(login: Login, verb: TableVerb): Promise<string[]> {
  const client = await database.client(login)
  const found: string[] = []
  for (const pair of relations) {
    const row = await rowOf(admin, pair.relation, pair)
    for (const context of CONTEXTS) {
      const happened = await attempt(client, pair.relation, verb, context, pair, row)
      const expected = expectation(login, verb, context, pair)
      if (!expected.includes(JSON.stringify(happened)))
        found.push(
          `${verb} ${pair.relation} (${context}): ${JSON.stringify(happened)}, not ${expected.join(' or ')}`,
        )
    }
  }
  return found
}

/** What may happen, as JSON of an attempt. */
function expectation(
  login: Login,
  verb: TableVerb,
  context: Context,
  pair: Pair & { relation: string },
): string[] {
  const access = accessOf(pair.relation, login, verb)
  const possible = (): Attempt[] => {
    if (access === 'refused') return [{ code: '42501' }]
    if (access === 'kept') return [{ code: '23503' }]
    if (verb === 'insert') return afterInsert(access, context, pair)
    if (verb === 'truncate') return [{ tenants: ['-'] }]
    if (access === 'platform') return [{ tenants: [PLATFORM] }]
    if (access === 'all') return [{ tenants: tenantsOf.get(pair.relation) ?? [] }]
    if (context === 'own' || context === 'other') return [{ tenants: [pair[context]] }]
    return context === 'malformed' ? [{ code: '22P02' }, { tenants: [] }] : [{ tenants: [] }]
  }
  return possible().map((value) => JSON.stringify(value))
}

/** The row inserted is of `pair.own`. One that goes through returns nothing, or tells that it is there already. */
function afterInsert(
  access: 'own' | 'all' | 'platform' | 'kept',
  context: Context,
  { own }: Pair,
): Attempt[] {
  if (access === 'platform') return [{ code: '42501' }]
  if (access === 'all' || context === 'own') return [{ tenants: [] }, { tenants: [own] }]
  return [{ code: context === 'malformed' ? '22P02' : '42501' }]
}

describe('the seeded database', () => {
  it('has rows in every relation, of two tenants where there are tenants', () => {
    expect(relations.filter(({ own }) => own === '').map(({ relation }) => relation)).toEqual([])
    const alone = relations.filter(({ own, other }) => own !== '-' && own === other)
    expect(alone.map(({ relation }) => relation)).toEqual([])
    expect(
      relations.filter(({ relation }) => /^trickle_events_log\.events_p\d\d$/.test(relation)),
    ).toHaveLength(16)
  })

  it('has every relation that the table of access names', () => {
    const names = relations.map(({ relation }) => relation)
    expect(namedRelations.filter((name) => !names.includes(name))).toEqual([])
  })
})

describe.each(LOGINS)('%s', (login) => {
  it.each(TABLE_VERBS)('can %s what it may, in its own tenant, and nothing else', async (verb) => {
    expect(await surprises(login, verb)).toEqual([])
  })
})

describe('what was recorded', () => {
  it('is changed by nobody: no event can be updated, deleted or truncated by any login', () => {
    const events = relations.map(({ relation }) => relation).filter((name) => name.includes('.events'))
    expect(events).toHaveLength(17)
    for (const login of LOGINS) {
      for (const verb of ['update', 'delete', 'truncate'] as const) {
        expect(
          events.map((relation) => accessOf(relation, login, verb)).filter((found) => found !== 'refused'),
        ).toEqual([])
      }
    }
  })

  it('finds a leak when there is one', async () => {
    await admin.query('grant select on trickle_events_log.events_p03 to trickle_app')
    await admin.query(
      'create policy leak on trickle_events_log.events_p03 for select to trickle_app using (version > 0)',
    )
    expect((await surprises('trickle_app', 'select')).join('\n')).toContain('events_p03 (unset)')
    await admin.query('drop policy leak on trickle_events_log.events_p03')
    await admin.query('revoke select on trickle_events_log.events_p03 from trickle_app')
    await admin.query('grant truncate on trickle_events_log.events to trickle_operator')
    expect((await surprises('trickle_operator', 'truncate')).join('\n')).toContain('events (own)')
    await admin.query('revoke truncate on trickle_events_log.events from trickle_operator')
  })
})
