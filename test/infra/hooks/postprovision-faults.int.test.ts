import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { owners, readMigrations, urlOfDatabase, withClient } from '../../../database/index.ts'
import { startTestServer } from '../../../local/postgres/index.ts'
import type { TestServer } from '../../../local/postgres/index.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import {
  administratorUrl,
  DEPLOYER,
  environmentOf,
  makeLikeAzure,
  reset,
  roleFacts,
  runHookOn,
  withoutEntraFunctions,
} from './azure-server.ts'

let server: TestServer
let proxy: TcpProxy
const names = (await readMigrations(owners())).map((file) => file.name)

beforeAll(async () => {
  server = await startTestServer()
  await makeLikeAzure(server.adminUrl)
  proxy = await TcpProxy.start(server.adminUrl)
})
beforeEach(() => reset(server.adminUrl))
afterAll(async () => {
  await proxy.close()
  await server.dispose()
})

const asSuperuser = (text: string, database = 'postgres') =>
  withClient(urlOfDatabase(server.adminUrl, database), (client) => client.query(text))

const byProxy = () =>
  environmentOf(server.adminUrl, {
    TRICKLE_HOOK_POSTGRES_URL: proxy.url(administratorUrl(server.adminUrl)),
  })

/** After whatever failure: the next run comes to the good end, and the one after it changes nothing. */
async function expectGoodEnd(): Promise<void> {
  expect((await runHookOn(environmentOf(server.adminUrl))).text).toContain('Done')
  expect((await runHookOn(environmentOf(server.adminUrl))).changes).toBe(0)
  const { rows } = await asSuperuser(
    'select name from trickle_platform_migrations.migrations order by ordinal',
    'trickle',
  )
  expect(rows.map((row: { name: string }) => row.name)).toEqual(names)
}

async function appliedMigrations(): Promise<string[]> {
  const { rows } = await asSuperuser(
    'select name from trickle_platform_migrations.migrations order by ordinal',
    'trickle',
  )
  return rows.map((row: { name: string }) => row.name)
}

describe('a connection that is cut', () => {
  it('while the roles are made leaves none of them', async () => {
    proxy.arm({ action: 'cut-response', when: 'azure_pg_admin with admin' })
    await expect(runHookOn(byProxy())).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      where: expect.stringContaining('make the roles') as string,
    })
    expect(await roleFacts(server.adminUrl)).toEqual([])
    await expectGoodEnd()
  })

  it('in the middle of roles.sql leaves nothing of it', async () => {
    // The server has done all of the file, and nobody says commit.
    proxy.arm({ action: 'cut-response', when: 'alter role trickle_operator set' })
    await expect(runHookOn(byProxy())).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      where: expect.stringContaining('roles.sql') as string,
      mend: expect.stringContaining('azd hooks run postprovision') as string,
    })
    expect((await roleFacts(server.adminUrl)).filter((line) => line.includes(' has '))).toEqual([])
    await expectGoodEnd()
  })

  it.each(['cut-request', 'cut-response'] as const)(
    'in the middle of the migrations (%s) leaves whole files only',
    async (action) => {
      proxy.arm({ action, when: `values ('${names[3] ?? ''}'` })
      await expect(runHookOn(byProxy())).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
        where: expect.stringContaining('migrations') as string,
      })
      expect(await appliedMigrations()).toEqual(names.slice(0, 3))
      await expectGoodEnd()
    },
  )
})

describe('what the server refuses', () => {
  it('the functions for Entra principals are missing', async () => {
    await withoutEntraFunctions(server.adminUrl)
    await expect(runHookOn(environmentOf(server.adminUrl))).rejects.toMatchObject({
      code: 'ENTRA_FUNCTIONS_MISSING',
      mend: expect.stringContaining('Entra authentication is off') as string,
    })
    expect(await roleFacts(server.adminUrl)).toEqual([])
    await reset(server.adminUrl)
    await expectGoodEnd()
  })

  it('the label’s provider is missing: the statement for Azure is understood, and refused for that alone', async () => {
    await withClient(administratorUrl(server.adminUrl), (client) =>
      client.query('create role trickle_app nologin'),
    )
    await expect(
      runHookOn(environmentOf(server.adminUrl, { TRICKLE_HOOK_ENTRA: 'pgaadauth' })),
    ).rejects.toMatchObject({
      code: 'ENTRA_FUNCTIONS_MISSING',
      message: expect.stringContaining('security label provider "pgaadauth" is not loaded') as string,
    })
    await expectGoodEnd()
  })

  it('a role belongs to somebody who has not shared it', async () => {
    await asSuperuser('create role trickle_app nologin; create role other createrole')
    await asSuperuser('grant trickle_app to other with admin option')
    await expect(runHookOn(environmentOf(server.adminUrl))).rejects.toMatchObject({
      code: 'ROLE_OF_OTHERS',
      where: 'held with the admin option by other',
      mend: expect.stringContaining('grant trickle_app to azure_pg_admin with admin option') as string,
    })
    await asSuperuser('grant trickle_app to azure_pg_admin with admin option')
    await expectGoodEnd()
    await reset(server.adminUrl)
    await asSuperuser('drop role other')
  })

  it('the database belongs to somebody else', async () => {
    await asSuperuser('create database trickle')
    await expect(runHookOn(environmentOf(server.adminUrl))).rejects.toMatchObject({
      code: 'DATABASE_OF_OTHERS',
      mend: 'As postgres: alter database trickle owner to azure_pg_admin',
    })
    await asSuperuser('alter database trickle owner to azure_pg_admin')
    await expectGoodEnd()
  })

  it('an applied migration was edited', async () => {
    await runHookOn(environmentOf(server.adminUrl))
    const name = names[1] ?? ''
    await asSuperuser(
      `update trickle_platform_migrations.migrations set checksum = reverse(checksum) where name = '${name}'`,
      'trickle',
    )
    await expect(runHookOn(environmentOf(server.adminUrl))).rejects.toMatchObject({
      code: 'MIGRATION_EDITED',
      message: expect.stringContaining(name) as string,
    })
    await asSuperuser(
      `update trickle_platform_migrations.migrations set checksum = reverse(checksum) where name = '${name}'`,
      'trickle',
    )
    expect((await runHookOn(environmentOf(server.adminUrl))).changes).toBe(0)
  })

  it('the roles can not be shared: the run goes on and warns', async () => {
    // A role can't be given to one that it is itself a member of.
    await asSuperuser(
      `create role trickle_app login in role azure_pg_admin; grant trickle_app to "${DEPLOYER}" with admin option`,
    )
    const { text } = await runHookOn(environmentOf(server.adminUrl))
    expect(text).toMatch(/azure_pg_admin +WARNING +only who made the roles can change them: .*trickle_app/)
    await asSuperuser('revoke azure_pg_admin from trickle_app')
    await expectGoodEnd()
  })
})

describe('who may not', () => {
  it('is no administrator of the server', async () => {
    const url = new URL(administratorUrl(server.adminUrl))
    url.password = 'other'
    await expect(
      runHookOn(environmentOf(server.adminUrl, { TRICKLE_HOOK_POSTGRES_URL: url.href })),
    ).rejects.toMatchObject({
      code: 'NOT_ADMINISTRATOR',
      message: expect.stringContaining(DEPLOYER) as string,
      mend: expect.stringContaining('azd provision --no-state') as string,
    })
  })

  it('lacks the rights, which is told as the server says it', async () => {
    await asSuperuser("create role stranger login password 'stranger'")
    const url = new URL(administratorUrl(server.adminUrl))
    url.username = 'stranger'
    url.password = 'stranger'
    await expect(
      runHookOn(environmentOf(server.adminUrl, { TRICKLE_HOOK_POSTGRES_URL: url.href })),
    ).rejects.toMatchObject({ code: 'STATEMENT_FAILED', message: expect.stringContaining('42501') as string })
    await asSuperuser('drop role stranger')
    await expectGoodEnd()
  })
})
