import type { TestProject } from 'vitest/node'
import { migrateUp, prepareServer } from '../../cli/migrate/index.ts'
import { startTestServer } from '../../local/postgres/index.ts'
import { TEMPLATE, testPasswords, urlOf } from './urls.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator's url of the PostgreSQL server that all files share; each makes databases of its own on it. */
    adminUrl: string
  }
}

/** One server for the whole run, with a migrated template: a database of one's own then costs 50 ms and not a second. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer()
  await prepareServer({
    adminUrl: server.adminUrl,
    database: TEMPLATE,
    passwords: testPasswords,
    local: true,
  })
  await migrateUp({ migratorUrl: urlOf(server.adminUrl, 'trickle_migrator', TEMPLATE) })
  project.provide('adminUrl', server.adminUrl)
  return () => server.dispose()
}
