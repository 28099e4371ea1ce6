import { migrateUp, urlOfDatabase } from '../../../database/index.ts'
import type { Report } from '../frame/report.ts'
import type { DatabaseServer } from './database-server.ts'
import { databaseFailure } from './failures.ts'

/**
 * Applies the missing migrations as trickle_migrator, who owns nothing else and can not log in, and then the functions
 * that changed. Each migration is its own transaction and the functions are one, so a run that was interrupted has
 * applied each of them completely or not at all.
 * @throws HookFailure
 */
export async function migrate(server: DatabaseServer, database: string, report: Report): Promise<void> {
  try {
    const { migrations, functions } = await migrateUp({
      migratorUrl: urlOfDatabase(server.url, database),
      password: server.password,
      role: 'trickle_migrator',
    })
    if (migrations.length === 0) report.unchanged('migrations', 'all applied before')
    else {
      report.changed('migrations', `${migrations.length} applied`)
      for (const name of migrations) report.note('', name)
    }
    if (functions.applied.length === 0) report.unchanged('functions', 'as the database has them')
    else report.changed('functions', `${functions.applied.length} put in`)
    if (functions.keptNewer.length > 0) {
      report.note('', `newer in the database, kept: ${functions.keptNewer.join(', ')}`)
      report.note('', 'this checkout is older; npx trickle migrate --replace-newer puts its texts back')
    }
  } catch (error) {
    throw databaseFailure(error, server, 'run the migrations')
  }
}
