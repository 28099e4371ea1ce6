import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateDown, migrateUp, owners, readFunctions, readMigrations } from '../../database/index.ts'
import { Checkout } from './checkout.ts'
import { EmptyDatabases } from './empty-databases.ts'
import { requirePostgres17, testedVersions } from '../support/postgres-17.ts'

const files = await readMigrations(owners())
const names = files.map((file) => file.name)
const functions = (await readFunctions(owners())).map((file) => file.name)
const nothing = { migrations: [], functions: { applied: [], keptNewer: [], withoutFile: [] } }

it('state limits of time for locks and statements in every file', () => {
  const without = files.flatMap((file) =>
    [file.upSql, file.downSql].filter(
      (text) => !/^set local lock_timeout = '/m.test(text) || !/^set local statement_timeout = '/m.test(text),
    ),
  )
  expect(without).toEqual([])
})

let databases: EmptyDatabases
beforeAll(async () => {
  databases = await EmptyDatabases.start(testedVersions)
})
afterAll(() => databases.dispose())

describe('the migrations of the house', () => {
  requirePostgres17()

  it.each(testedVersions)(
    'go up, down and up again to the same catalog on PostgreSQL %i',
    async (version) => {
      const { migratorUrl, facts } = await databases.create('cycle', version)
      const steps = [await facts()]
      for (const name of names.slice(0, -1)) {
        expect(await migrateUp({ migratorUrl, count: 1 })).toEqual({ ...nothing, migrations: [name] })
        steps.push(await facts())
      }
      const last = await migrateUp({ migratorUrl, count: 1 })
      expect(last.functions.applied).toEqual(functions)
      const whole = await facts()
      expect(await migrateUp({ migratorUrl })).toEqual(nothing)
      expect(await facts()).toEqual(whole)
      for (const [index, step] of [...steps.entries()].toReversed()) {
        expect((await migrateDown({ migratorUrl })).migrations).toEqual([names[index]])
        expect(await facts()).toEqual(step)
      }
      expect(await migrateUp({ migratorUrl })).toMatchObject({
        migrations: names,
        functions: { applied: functions },
      })
      expect(await facts()).toEqual(whole)
    },
  )

  it('put functions again in their place: calls that run go on, as they would not with a function that is dropped', async () => {
    const { migratorUrl, asAdmin } = await databases.create('in_place')
    await migrateUp({ migratorUrl })
    const places = () =>
      asAdmin(
        `select p.oid::regprocedure::text, p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace
          where n.nspname like 'trickle\\_%' order by 1`,
      )
    const before = await places()
    await asAdmin("update trickle_platform_migrations.functions set checksum = 'other'")
    expect((await migrateUp({ migratorUrl })).functions.applied).toEqual(functions)
    expect(await places()).toEqual(before)
  })

  it('are refused when an applied file was edited or is gone', async () => {
    const { migratorUrl, asAdmin } = await databases.create('edited')
    await migrateUp({ migratorUrl, count: 2 })
    const record = 'trickle_platform_migrations.migrations'
    await asAdmin(`update ${record} set checksum = 'edited' where name = '${names[1]}'`)
    await expect(migrateUp({ migratorUrl })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      detail: expect.stringContaining(names[1] ?? '') as string,
    })
    await asAdmin(`update ${record} set name = 'audit/0002_gone' where name = '${names[1]}'`)
    for (const migrate of [migrateUp, migrateDown])
      await expect(migrate({ migratorUrl })).rejects.toThrow(/audit\/0002_gone.*older than the database/)
  })

  it('are refused over schemas of which nobody has kept the record', async () => {
    const { migratorUrl, asAdmin } = await databases.create('unrecorded')
    await asAdmin('create schema trickle_events_log')
    await expect(migrateUp({ migratorUrl })).rejects.toThrow(/trickle_events_log, and no record/)
    await asAdmin('drop schema trickle_events_log')
    expect((await migrateUp({ migratorUrl })).migrations).toEqual(names)
  })

  it('are applied once when two runners begin at once on an empty database; preparing it again changes nothing', async () => {
    const { migratorUrl, facts } = await databases.create('raced')
    const runs = await Promise.all([migrateUp({ migratorUrl }), migrateUp({ migratorUrl })])
    expect(runs.flatMap((run) => run.migrations)).toEqual(names)
    expect(runs.flatMap((run) => run.functions.applied)).toEqual(functions)
    const before = await facts()
    await databases.create('raced')
    expect(await facts()).toEqual(before)
  })
})

describe('migrations of owners', () => {
  const limits = "set local lock_timeout = '2s';\nset local statement_timeout = '60s';\n"
  const table = (schema: string, name: string): readonly [string, string] => [
    `${limits}create table ${schema}.${name} (id int);`,
    `${limits}drop table ${schema}.${name};`,
  ]
  let checkout: Checkout
  beforeAll(async () => {
    checkout = await Checkout.create()
    for (const owner of ['first', 'second'])
      await checkout.migration(
        `${owner}/0001_begin`,
        `${limits}create schema trickle_${owner}_state;`,
        `${limits}drop schema trickle_${owner}_state cascade;`,
      )
  })
  afterAll(() => checkout.dispose())

  it('run in the order of the owners; a new one of an early owner is applied after later owners were', async () => {
    const { migratorUrl, asAdmin } = await databases.create('per_owner')
    const all = checkout.owners('second', 'first')
    const options = { migratorUrl, owners: all }
    expect((await migrateUp(options)).migrations).toEqual(['second/0001_begin', 'first/0001_begin'])
    await checkout.migration('second/0002_more', ...table('trickle_second_state', 'more'))
    expect((await migrateUp(options)).migrations).toEqual(['second/0002_more'])
    // What was applied last is taken back first, of whatever owner.
    expect((await migrateDown({ ...options, count: 2 })).migrations).toEqual([
      'second/0002_more',
      'first/0001_begin',
    ])
    expect((await migrateUp(options)).migrations).toEqual(['second/0002_more', 'first/0001_begin'])
    expect(
      await asAdmin("select tablename from pg_tables where schemaname like 'trickle_second%' order by 1"),
    ).toEqual([{ tablename: 'more' }])
  })

  it('may have one name in two owners', async () => {
    const { migratorUrl } = await databases.create('same_names')
    const options = { migratorUrl, owners: checkout.owners('first', 'second') }
    const { migrations } = await migrateUp(options)
    expect(migrations.slice(0, 2)).toEqual(['first/0001_begin', 'second/0001_begin'])
    expect((await migrateUp(options)).migrations).toEqual([])
  })

  it('are refused when a number below an applied one of the same owner comes later', async () => {
    const { migratorUrl } = await databases.create('late')
    const late = await checkout.copy()
    await late.migration('first/0003_after', ...table('trickle_first_state', 'after'))
    const options = { migratorUrl, owners: late.owners('first') }
    await migrateUp(options)
    await late.migration('first/0002_between', ...table('trickle_first_state', 'between'))
    await expect(migrateUp(options)).rejects.toThrow(/first\/0002_between .*next free number/)
    await late.dispose()
  })
})
