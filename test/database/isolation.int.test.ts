import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGINS, TABLE_VERBS } from '../../shared/postgres/index.ts'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { accessOf, namedRelations } from './expected-access.ts'
import { IsolationCheck } from './isolation-check.ts'
import { seedTenants } from './isolation-support.ts'

let database: TestDatabase
let admin: Client
let check: IsolationCheck

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await seedTenants(admin)
  check = await IsolationCheck.of(database, admin, accessOf)
})
afterAll(() => database.drop())

describe('the seeded database', () => {
  it('has rows in every relation, of two tenants where there are tenants', () => {
    expect(check.relations.filter(({ own }) => own === '').map(({ relation }) => relation)).toEqual([])
    const alone = check.relations.filter(({ own, other }) => own !== '-' && own === other)
    expect(alone.map(({ relation }) => relation)).toEqual([])
    expect(
      check.relations.filter(({ relation }) => /^trickle_events_log\.events_p\d\d$/.test(relation)),
    ).toHaveLength(16)
  })

  it('has every relation that the table of access names', () => {
    const names = check.relations.map(({ relation }) => relation)
    expect(namedRelations.filter((name) => !names.includes(name))).toEqual([])
  })
})

describe.each(LOGINS)('%s', (login) => {
  it.each(TABLE_VERBS)('can %s what it may, in its own tenant, and nothing else', async (verb) => {
    expect(await check.surprises(login, verb)).toEqual([])
  })
})

describe('what was recorded', () => {
  it('is changed by nobody: no event can be updated, deleted or truncated by any login', () => {
    const events = check.relations.map(({ relation }) => relation).filter((name) => name.includes('.events'))
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
    expect((await check.surprises('trickle_app', 'select')).join('\n')).toContain('events_p03 (unset)')
    await admin.query('drop policy leak on trickle_events_log.events_p03')
    await admin.query('revoke select on trickle_events_log.events_p03 from trickle_app')
    await admin.query('grant truncate on trickle_events_log.events to trickle_operator')
    expect((await check.surprises('trickle_operator', 'truncate')).join('\n')).toContain('events (own)')
    await admin.query('revoke truncate on trickle_events_log.events from trickle_operator')
  })
})
