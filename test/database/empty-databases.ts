import { prepareServer, urlOfDatabase, withClient } from '../../database/index.ts'
import { startTestServer } from '../../local/postgres/index.ts'
import type { TestServer } from '../../local/postgres/index.ts'
import { testPasswords, urlOf } from '../support/urls.ts'
import { catalogFacts } from './catalog-facts.ts'

export interface EmptyDatabase {
  readonly migratorUrl: string
  readonly adminUrl: string
  readonly facts: () => Promise<string[]>
  readonly asAdmin: <Row extends object>(text: string) => Promise<Row[]>
}

/** Servers for tests of the migrations themselves: their databases have the roles and nothing else. */
export class EmptyDatabases {
  readonly #servers: ReadonlyMap<number, TestServer>

  private constructor(servers: ReadonlyMap<number, TestServer>) {
    this.#servers = servers
  }

  static async start(versions: readonly (17 | 18)[] = [18]): Promise<EmptyDatabases> {
    const servers = new Map<number, TestServer>()
    for (const version of versions) servers.set(version, await startTestServer({ version }))
    return new EmptyDatabases(servers)
  }

  async create(database: string, version = 18): Promise<EmptyDatabase> {
    const server = this.#servers.get(version)
    if (server === undefined) throw new Error(`there is no server of version ${version}`)
    await prepareServer({ adminUrl: server.adminUrl, database, passwords: testPasswords, local: true })
    const adminUrl = urlOfDatabase(server.adminUrl, database)
    return {
      migratorUrl: urlOf(server.adminUrl, 'trickle_migrator', database),
      adminUrl,
      facts: () => withClient(adminUrl, catalogFacts),
      asAdmin: <Row extends object>(text: string) =>
        withClient(adminUrl, async (client) => (await client.query<Row>(text)).rows),
    }
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.dispose()))
  }
}
