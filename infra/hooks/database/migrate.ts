import { migrateUp, urlOfDatabase } from '../../../database/index.ts'
import type { Report } from '../frame/report.ts'
import type { DatabaseServer } from './database-server.ts'
import { databaseFailure } from './failures.ts'

/**
 * Applies the missing migrations as trickle_migrator, who owns nothing else and can not log in. Each file is its own
 * transaction, so a run that was cut has applied some of them, whole.
 * @throws HookFailure
 */
export async function migrate(server: DatabaseServer, database: string, report: Report): Promise<void> {
  try {
    const { applied, level } = await migrateUp({
      migratorUrl: urlOfDatabase(server.url, database),
      password: server.password,
      role: 'trickle_migrator',
    })
    if (applied.length === 0) report.unchanged('migrations', `level ${level}`)
    else {
      report.changed('migrations', `${applied.length} applied, level ${level}`)
      for (const name of applied) report.note('', name)
    }
  } catch (error) {
    throw databaseFailure(error, server, 'run the migrations')
  }
}
