import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrateDown, prepareServer, migrateUp, urlOfDatabase, withClient } from '../../../database/index.ts'
import { startTestServer } from '../../../local/postgres/index.ts'
import type { TestServer } from '../../../local/postgres/index.ts'
import { testPasswords, urlOf } from '../../support/urls.ts'
import { catalogFacts } from '../../database/catalog-facts.ts'
import {
  administratorUrl,
  COLLEAGUE,
  DEPLOYER,
  environmentOf,
  makeLikeAzure,
  reset,
  roleFacts,
  runHookOn,
} from './azure-server.ts'
import { outputsSample } from './outputs-sample.ts'

/** What the template asks for; the other files run on the local default. */
const AZURE_VERSION = 17

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ version: AZURE_VERSION })
  await makeLikeAzure(server.adminUrl)
})
beforeEach(() => reset(server.adminUrl))
afterAll(() => server.dispose())

const asSuperuser = (text: string) => withClient(server.adminUrl, (client) => client.query(text))
const facts = () => withClient(urlOfDatabase(server.adminUrl, 'trickle'), catalogFacts)
const asColleague = () =>
  environmentOf(server.adminUrl, { TRICKLE_HOOK_POSTGRES_URL: administratorUrl(server.adminUrl, COLLEAGUE) })

const label = (id: string): string => `aadauth,oid=${id},type=service`

describe('after a provision', () => {
  it('the roles, the database and the schema are there, made by an administrator who is no superuser', async () => {
    const { text } = await runHookOn(environmentOf(server.adminUrl))
    const lines = await roleFacts(server.adminUrl)
    expect(lines).toEqual(
      expect.arrayContaining([
        'role trickle_app login=t super=f',
        'role trickle_worker login=t super=f',
        'role trickle_forwarder login=t super=f',
        'role trickle_operator login=t super=f',
        'role trickle_owner login=f super=f',
        'role trickle_writer login=f super=f',
        'role trickle_migrator login=f super=f',
        `trickle_app is ${label(outputsSample.IDENTITY_APP_PRINCIPAL_ID)}`,
        `trickle_worker is ${label(outputsSample.IDENTITY_WORKER_PRINCIPAL_ID)}`,
        `trickle_forwarder is ${label(outputsSample.IDENTITY_FORWARDER_PRINCIPAL_ID)}`,
        `trickle_operator is ${label(outputsSample.IDENTITY_OPERATOR_PRINCIPAL_ID)}`,
        `${DEPLOYER} in trickle_migrator inherit=t set=t admin=f`,
        'azure_pg_admin in trickle_app inherit=f set=f admin=t',
      ]),
    )
    expect(lines.find((line) => line.startsWith('database '))).toMatch(/^database trickle of trickle_owner: /)
    expect(text).toMatch(/migrations +changed +\d+ applied/)
    expect(text).toMatch(/functions +changed +\d+ put in/)
    expect(text).not.toContain('WARNING')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  it('the schema is the one that the local run makes', async () => {
    await runHookOn(environmentOf(server.adminUrl))
    const local = await startTestServer({ version: AZURE_VERSION })
    await prepareServer({
      adminUrl: local.adminUrl,
      database: 'trickle',
      passwords: testPasswords,
      local: false,
    })
    await migrateUp({ migratorUrl: urlOf(local.adminUrl, 'trickle_migrator', 'trickle') })
    expect(await facts()).toEqual(await withClient(urlOfDatabase(local.adminUrl, 'trickle'), catalogFacts))
    await local.dispose()
  })

  it('a second run changes nothing and says so', async () => {
    const first = await runHookOn(environmentOf(server.adminUrl))
    expect(first.changes).toBeGreaterThan(5)
    const before = [await facts(), await roleFacts(server.adminUrl)]
    const second = await runHookOn(environmentOf(server.adminUrl))
    expect(second.text).toContain('Nothing had to be changed')
    expect(second.text).not.toMatch(/ changed | created /)
    expect(second.changes).toBe(0)
    expect([await facts(), await roleFacts(server.adminUrl)]).toEqual(before)
  })

  it('another administrator goes on where the first has ended', async () => {
    await runHookOn(environmentOf(server.adminUrl))
    const whole = await facts()
    await migrateDown({
      migratorUrl: urlOfDatabase(administratorUrl(server.adminUrl), 'trickle'),
      role: 'trickle_migrator',
    })
    const { text } = await runHookOn(asColleague())
    expect(text).toContain(`${COLLEAGUE} may act for it`)
    expect(text).toContain('1 applied')
    expect(await facts()).toEqual(whole)
    expect((await runHookOn(asColleague())).changes).toBe(0)
    expect((await runHookOn(environmentOf(server.adminUrl))).changes).toBe(0)
  })

  it('a database that the template has made is kept with its owner', async () => {
    await asSuperuser('create database trickle owner azure_pg_admin')
    const { text } = await runHookOn(environmentOf(server.adminUrl))
    expect(text).toMatch(/database +unchanged +trickle of azure_pg_admin/)
    expect((await runHookOn(environmentOf(server.adminUrl))).changes).toBe(0)
    expect((await runHookOn(asColleague())).text).toContain('Done')
  })

  it('logins have no more than the file gives them', async () => {
    await runHookOn(environmentOf(server.adminUrl))
    const members = (await roleFacts(server.adminUrl)).filter((line) => / in /.test(line))
    expect(members.filter((line) => line.startsWith('trickle_'))).toEqual([
      'trickle_migrator in trickle_owner inherit=t set=t admin=f',
      'trickle_migrator in trickle_writer inherit=t set=t admin=f',
      'trickle_operator in pg_read_all_stats inherit=t set=t admin=f',
    ])
  })
})

describe('roles that exist already', () => {
  it('are adopted when they have no label and no login', async () => {
    await withClient(administratorUrl(server.adminUrl), (client) =>
      client.query('create role trickle_app nologin'),
    )
    const { text } = await runHookOn(environmentOf(server.adminUrl))
    expect(text).toContain(`adopted for identity ${outputsSample.IDENTITY_APP_PRINCIPAL_ID}`)
    expect(await roleFacts(server.adminUrl)).toEqual(
      expect.arrayContaining([
        'role trickle_app login=t super=f',
        `trickle_app is ${label(outputsSample.IDENTITY_APP_PRINCIPAL_ID)}`,
      ]),
    )
    expect((await runHookOn(environmentOf(server.adminUrl))).changes).toBe(0)
  })

  it('are mended when the identity was deleted and made again, and no other is touched', async () => {
    await runHookOn(environmentOf(server.adminUrl))
    const before = await roleFacts(server.adminUrl)
    const next = 'd4d4d4d4-0000-4000-8000-000000000004'
    const changed = environmentOf(server.adminUrl, { IDENTITY_FORWARDER_PRINCIPAL_ID: next.toUpperCase() })
    const { text, changes } = await runHookOn(changed)
    expect(text).toContain(`mended, was identity ${outputsSample.IDENTITY_FORWARDER_PRINCIPAL_ID}; now`)
    expect(changes).toBe(1)
    expect(await roleFacts(server.adminUrl)).toEqual(
      before.map((line) => line.replace(outputsSample.IDENTITY_FORWARDER_PRINCIPAL_ID, next)).sort(),
    )
    expect((await runHookOn(changed)).changes).toBe(0)
  })

  it('lose the rights of an administrator that somebody gave them', async () => {
    await runHookOn(environmentOf(server.adminUrl))
    await asSuperuser(
      `update pg_shseclabel set label = label || ',admin' where objoid = 'trickle_app'::regrole`,
    )
    expect((await runHookOn(environmentOf(server.adminUrl))).changes).toBe(1)
    expect(await roleFacts(server.adminUrl)).toContain(
      `trickle_app is ${label(outputsSample.IDENTITY_APP_PRINCIPAL_ID)}`,
    )
  })
})
