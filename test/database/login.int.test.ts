import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  migrateUp,
  owners,
  prepareServer,
  readFunctions,
  readMigrations,
  urlOfDatabase,
  withClient,
} from '../../database/index.ts'
import { startTestServer } from '../../local/postgres/index.ts'
import type { TestServer } from '../../local/postgres/index.ts'
import { testPasswords, urlOf } from '../support/urls.ts'
import { catalogFacts } from './catalog-facts.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  for (const database of ['plain', 'by_role'])
    await prepareServer({ adminUrl: server.adminUrl, database, passwords: testPasswords, local: false })
  await withClient(server.adminUrl, (client) =>
    client.query("create role deployer login password 'token'; grant trickle_migrator to deployer"),
  )
})
afterAll(() => server.dispose())

/** The deployer's url, whose own password would be refused. */
function deployerUrl(database: string): string {
  const url = new URL(urlOfDatabase(server.adminUrl, database))
  url.username = 'deployer'
  url.password = 'stale'
  return url.href
}

describe('a login by token, in the role of the migrator', () => {
  it('makes the same schema, owned by the same roles', async () => {
    let asked = 0
    const password = (): Promise<string> => {
      asked += 1
      return Promise.resolve('token')
    }
    const options = { migratorUrl: deployerUrl('by_role'), password, role: 'trickle_migrator' }
    const first = await migrateUp(options)
    expect(first.migrations).toHaveLength((await readMigrations(owners())).length)
    expect(first.functions.applied).toHaveLength((await readFunctions(owners())).length)
    expect(asked).toBe(1)
    expect(await migrateUp(options)).toEqual({
      migrations: [],
      functions: { applied: [], keptNewer: [], withoutFile: [] },
    })
    expect(asked).toBe(2)
    await migrateUp({ migratorUrl: urlOf(server.adminUrl, 'trickle_migrator', 'plain') })
    const factsOf = (database: string) => withClient(urlOfDatabase(server.adminUrl, database), catalogFacts)
    expect(await factsOf('by_role')).toEqual(await factsOf('plain'))
  })

  it('is refused without the token and outside of the role', async () => {
    await expect(withClient(deployerUrl('plain'), () => Promise.resolve())).rejects.toMatchObject({
      code: '28P01',
    })
    await expect(
      withClient(deployerUrl('plain'), () => Promise.resolve(), {
        password: () => Promise.resolve('token'),
        role: 'trickle_app',
      }),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it('verifies the server’s certificate wherever it goes beyond this machine', async () => {
    const url = new URL(deployerUrl('plain'))
    url.searchParams.set('sslmode', 'verify-full')
    await expect(
      withClient(url.href, () => Promise.resolve(), { password: () => Promise.resolve('token') }),
    ).rejects.toThrow('does not support SSL')
  })
})
