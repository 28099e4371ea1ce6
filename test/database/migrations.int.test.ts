import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  allMigrations,
  migrateDown,
  migrateUp,
  prepareServer,
  urlOfDatabase,
  withClient,
} from '../../database/index.ts'
import { startTestServer, type TestServer } from '../../local/postgres/index.ts'
import { requiredMigrationLevel } from '../../shared/postgres/index.ts'
import { testPasswords, urlOf } from '../support/urls.ts'
import { catalogFacts } from './catalog-facts.ts'

const files = await allMigrations()
const names = files.map((file) => file.name)

it('is told the level of the newest migration by the code', () => {
  expect(requiredMigrationLevel).toBe(files.at(-1)?.level)
})

it('states limits of time for locks and statements in every file', () => {
  const without = files.flatMap((file) =>
    [file.upSql, file.downSql].filter(
      (text) => !/^set local lock_timeout = '/m.test(text) || !/^set local statement_timeout = '/m.test(text),
    ),
  )
  expect(without).toEqual([])
})

describe('migrations', () => {
  const servers = new Map<number, TestServer>()
  beforeAll(async () => {
    for (const version of [18, 17] as const) servers.set(version, await startTestServer({ version }))
  })
  afterAll(() => Promise.all([...servers.values()].map((server) => server.dispose())))

  /** An empty database with its roles. */
  async function emptyDatabase(database: string, version = 18) {
    const server = servers.get(version)
    if (server === undefined) throw new Error(`there is no server of version ${version}`)
    await prepareServer({ adminUrl: server.adminUrl, database, passwords: testPasswords, local: true })
    const adminUrl = urlOfDatabase(server.adminUrl, database)
    return {
      migratorUrl: urlOf(server.adminUrl, 'trickle_migrator', database),
      facts: () => withClient(adminUrl, catalogFacts),
      asAdmin: (text: string) => withClient(adminUrl, (client) => client.query(text)),
    }
  }

  it.each([18, 17])('go up, down and up again to the same catalog on PostgreSQL %i', async (version) => {
    const { migratorUrl, facts } = await emptyDatabase('cycle', version)
    const levels = [await facts()]
    for (const name of names) {
      expect((await migrateUp({ migratorUrl, count: 1 })).applied).toEqual([name])
      levels.push(await facts())
    }
    const whole = levels.at(-1)
    expect(await migrateUp({ migratorUrl })).toEqual({ applied: [], level: requiredMigrationLevel })
    expect(await facts()).toEqual(whole)
    for (const level of levels.toReversed().slice(1)) {
      await migrateDown({ migratorUrl })
      expect(await facts()).toEqual(level)
    }
    expect(await migrateUp({ migratorUrl })).toEqual({ applied: names, level: requiredMigrationLevel })
    expect(await facts()).toEqual(whole)
  })

  it('are refused when an applied file was edited or is gone', async () => {
    const { migratorUrl, asAdmin } = await emptyDatabase('edited')
    await migrateUp({ migratorUrl, count: 2 })
    await asAdmin("update trickle_platform_migrations.checksums set checksum = 'edited' where level = 2")
    await expect(migrateUp({ migratorUrl })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      detail: expect.stringContaining(names[1] ?? '') as string,
    })
    await asAdmin('delete from trickle_platform_migrations.checksums where level = 2')
    await asAdmin("insert into trickle_platform_migrations.checksums values ('0002_gone', 2, 'x')")
    await expect(migrateUp({ migratorUrl })).rejects.toThrow('0002_gone')
  })

  it('are applied once when two runners begin at once on an empty database; preparing it again changes nothing', async () => {
    const { migratorUrl, facts } = await emptyDatabase('raced')
    const runs = await Promise.all([migrateUp({ migratorUrl }), migrateUp({ migratorUrl })])
    expect(runs.map((run) => run.level)).toEqual([requiredMigrationLevel, requiredMigrationLevel])
    expect(runs.flatMap((run) => run.applied).sort()).toEqual(names)
    const before = await facts()
    await emptyDatabase('raced')
    expect(await facts()).toEqual(before)
  })
})
