import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrateDown, migrateUp } from '../../database/index.ts'
import { Checkout } from './checkout.ts'
import { EmptyDatabases } from './empty-databases.ts'
import type { EmptyDatabase } from './empty-databases.ts'

const LIMITS = "set local lock_timeout = '2s';\nset local statement_timeout = '60s';\n"

const answering = (value: number, grants = 'trickle_app'): string =>
  `create or replace function trickle_notes_state.answer() returns int language sql as $$ select ${value} $$;
alter function trickle_notes_state.answer owner to trickle_owner;
grant execute on function trickle_notes_state.answer to ${grants};
`

describe('the functions of an owner', () => {
  let databases: EmptyDatabases
  let database: EmptyDatabase
  let checkout: Checkout
  let number = 0
  beforeAll(async () => {
    databases = await EmptyDatabases.start()
  })
  afterAll(() => databases.dispose())
  beforeEach(async () => {
    database = await databases.create(`functions_${(number += 1)}`)
    checkout = await Checkout.create()
    await checkout.migration(
      'notes/0001_notes',
      `${LIMITS}create schema trickle_notes_state; grant usage on schema trickle_notes_state to trickle_app;`,
      `${LIMITS}drop schema trickle_notes_state cascade;`,
    )
    await checkout.write('notes/sql/answer.sql', answering(1))
    return () => checkout.dispose()
  })

  const up = async (from = checkout, replaceNewer = false) =>
    (await migrateUp({ migratorUrl: database.migratorUrl, owners: from.owners('notes'), replaceNewer }))
      .functions
  const answer = async () =>
    (await database.asAdmin<{ answer: number }>('select trickle_notes_state.answer()'))[0]?.answer
  const grantees = async () =>
    (
      await database.asAdmin<{ name: string }>(
        `select pg_get_userbyid(g.grantee) as name from pg_proc p, aclexplode(p.proacl) as g
          where p.proname = 'answer' and g.grantee <> p.proowner order by 1`,
      )
    ).map(({ name }) => name)

  it('are put in after the migrations, and again only when a file has changed', async () => {
    expect(await up()).toEqual({ applied: ['notes/answer'], keptNewer: [], withoutFile: [] })
    expect(await up()).toEqual({ applied: [], keptNewer: [], withoutFile: [] })
    await checkout.write('notes/sql/answer.sql', answering(2))
    expect((await up()).applied).toEqual(['notes/answer'])
    expect(await answer()).toBe(2)
  })

  it('may call each other in any order of their names', async () => {
    await checkout.write(
      'notes/sql/a_first.sql',
      'create or replace function trickle_notes_state.a_first() returns int language sql as $$ select trickle_notes_state.answer() $$;',
    )
    expect((await up()).applied).toEqual(['notes/a_first', 'notes/answer'])
  })

  it('stay as they are when an older checkout comes, which is told so and can insist', async () => {
    const older = await checkout.copy()
    await up()
    await checkout.write('notes/sql/answer.sql', answering(2))
    await up()
    expect(await up(older)).toEqual({ applied: [], keptNewer: ['notes/answer'], withoutFile: [] })
    expect(await answer()).toBe(2)
    expect((await up(older, true)).applied).toEqual(['notes/answer'])
    expect(await answer()).toBe(1)
    // Now the text put back is the newest: what it has replaced counts as older.
    expect((await up()).keptNewer).toEqual(['notes/answer'])
    expect(await answer()).toBe(1)
    await older.dispose()
  })

  it('are all changed or none, and a file that is wrong is named', async () => {
    await up()
    await checkout.write('notes/sql/answer.sql', answering(2))
    for (const body of ['select missing()', 'selekt 1']) {
      await checkout.write(
        'notes/sql/wrong.sql',
        `create or replace function trickle_notes_state.wrong() returns int language sql as $$ ${body} $$;`,
      )
      await expect(up()).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        detail: expect.stringMatching(
          /notes[/\\]sql[/\\]wrong\.sql can't be applied.*No function was changed/,
        ) as string,
      })
      expect(await answer()).toBe(1)
    }
    await checkout.remove('notes/sql/wrong.sql')
    expect((await up()).applied).toEqual(['notes/answer'])
  })

  it('grant what their file grants and nothing that an earlier text did', async () => {
    await checkout.write('notes/sql/answer.sql', answering(1, 'trickle_app, trickle_operator'))
    await up()
    expect(await grantees()).toEqual(['trickle_app', 'trickle_operator'])
    await checkout.write('notes/sql/answer.sql', answering(1, 'trickle_operator'))
    await up()
    expect(await grantees()).toEqual(['trickle_operator'])
  })

  it('are refused with other arguments under their old name: deployed code calls the old ones', async () => {
    await up()
    await checkout.write('notes/sql/answer.sql', answering(2).replaceAll('answer()', 'answer(p_a int)'))
    await expect(up()).rejects.toThrow(/answer" is not unique\. A function that takes or gives .* new name/)
    await checkout.write(
      'notes/sql/answer.sql',
      'create or replace function trickle_notes_state.answer(p_a int) returns int language sql as $$ select 2 $$;',
    )
    await expect(up()).rejects.toThrow(
      /the database would have trickle_notes_state\.answer\(\) and .*answer\(integer\)\. A function .* new name/,
    )
    await checkout.write('notes/sql/answer.sql', answering(2).replace('returns int', 'returns bigint'))
    await expect(up()).rejects.toThrow(/cannot change return type .* new name/)
    expect(await answer()).toBe(1)
  })

  it('stay without their file until a migration drops them, and are forgotten then', async () => {
    await up()
    await checkout.remove('notes/sql/answer.sql')
    expect((await up()).withoutFile).toEqual(['notes/answer'])
    expect(await answer()).toBe(1)
    await checkout.migration(
      'notes/0002_without_answer',
      `${LIMITS}drop function if exists trickle_notes_state.answer();`,
      `${LIMITS}select;`,
    )
    expect((await up()).withoutFile).toEqual([])
    expect(await database.asAdmin('select from trickle_platform_migrations.functions')).toEqual([])
  })

  it('come back when one was dropped by hand', async () => {
    await up()
    await database.asAdmin('drop function trickle_notes_state.answer()')
    expect((await up()).applied).toEqual(['notes/answer'])
    expect(await answer()).toBe(1)
  })

  it('are taken out by a migration down, so that an older checkout brings its own', async () => {
    const older = await checkout.copy()
    await up()
    await checkout.write('notes/sql/answer.sql', answering(2))
    await checkout.migration('notes/0002_more', `${LIMITS}select;`, `${LIMITS}select;`)
    await up()
    await migrateDown({ migratorUrl: database.migratorUrl, owners: checkout.owners('notes') })
    await expect(answer()).rejects.toMatchObject({ code: '42883' })
    expect((await up(older)).applied).toEqual(['notes/answer'])
    expect(await answer()).toBe(1)
    await older.dispose()
  })

  it('wait for the last migration when only some are asked for', async () => {
    await checkout.migration('notes/0002_more', `${LIMITS}select;`, `${LIMITS}select;`)
    const options = { migratorUrl: database.migratorUrl, owners: checkout.owners('notes') }
    expect((await migrateUp({ ...options, count: 1 })).functions.applied).toEqual([])
    expect((await migrateUp({ ...options, count: 1 })).functions.applied).toEqual(['notes/answer'])
  })
})
