import type { TestProject } from 'vitest/node'
import type { ServerTemplate } from '../../local/postgres/index.ts'
import { startMigrated } from './database.ts'
import { isForeignWanted, startForeignTransactions } from './foreign-transactions.ts'
import { stopLeasedRuns } from './leased-run.ts'
import { openTestRun } from './test-run/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator's url of the PostgreSQL server that all files share. Each file makes its own databases on it. */
    adminUrl: string
    /** `createOwnServer` copies its servers from this. */
    serverTemplate: ServerTemplate | null
  }
}

/**
 * Starts what the whole run shares: a server with a migrated template, on which a new database takes 50 ms instead of a
 * second, and a stopped server as template for files that need their own server.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = await openTestRun()
  const template = await startMigrated({}, null)
  await template.stop()
  const shared = await startMigrated({}, template.template)
  const endForeign = isForeignWanted() ? await startForeignTransactions(shared.adminUrl) : undefined
  project.provide('adminUrl', shared.adminUrl)
  project.provide('serverTemplate', template.template)
  return async () => {
    await stopLeasedRuns(run.folder)
    await endForeign?.()
    await shared.dispose()
    await template.dispose()
    const left = await run.close()
    if (left.length === 0) return
    const list = left.map(({ pid, command }) => `  ${pid} ${command}`).join('\n')
    throw new Error(`These processes still ran when all tests had ended:\n${list}`)
  }
}
