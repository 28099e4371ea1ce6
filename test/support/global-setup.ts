import type { TestProject } from 'vitest/node'
import type { ServerTemplate } from '../../local/postgres/index.ts'
import { startMigrated } from './database.ts'
import { isForeignWanted, startForeignTransactions } from './foreign-transactions.ts'
import { stopLeasedRuns } from './leased-run.ts'
import { openTestRun } from './test-run/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator's url of the PostgreSQL server that all files share; each makes databases of its own on it. */
    adminUrl: string
    /** What `createOwnServer` makes its servers of. */
    serverTemplate: ServerTemplate | null
  }
}

/**
 * What the whole run shares: one server with a migrated template, on which a database of one's own costs 50 ms and not a
 * second, and a stopped one for files that need a server of their own.
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
