import { runner } from 'node-pg-migrate'
import type { MigrationBuilder } from 'node-pg-migrate'
import type { Client } from 'pg'
import type { Migration } from './migration-files.ts'

/** First line of a file whose one statement can't run inside a transaction, such as `create index concurrently`. */
const NO_TRANSACTION = '-- no-transaction'

/**
 * Objects are made by the login that migrates and belong to the owner when the transaction ends: a data definition
 * under SET ROLE would be refused by a Citus coordinator.
 */
export const HAND_OVER = 'reassign owned by current_user to trickle_owner'

/**
 * Applies one migration, or takes it back, in a transaction of its own together with our record of it. The runner is
 * given one file at a time, because it orders files by their names and knows nothing of owners.
 */
export async function runMigration(
  client: Client,
  file: Migration,
  direction: 'up' | 'down',
  log: (line: string) => void,
): Promise<void> {
  const base = file.name.slice(file.owner.length + 1)
  // The runner's name for the migration: the runner needs the number first, and cuts off everything before a slash.
  const id = `${base}.${file.owner}`
  await runner({
    dbClient: client,
    dir: file.folder,
    migrationsSchema: 'trickle_platform_migrations',
    migrationsTable: 'applied',
    direction,
    file: id,
    checkOrder: false,
    singleTransaction: false,
    advisoryLockMode: 'wait',
    migrationLoaderStrategies: [
      {
        extensions: ['.sql'],
        loader: () => Promise.resolve([{ id: `${id}.sql`, filePaths: [], actions: actionsOf(file) }]),
      },
    ],
    log,
  })
}

/** The two actions of a file in the form node-pg-migrate runs them. */
function actionsOf(file: Migration) {
  const record = `insert into trickle_platform_migrations.migrations (name, checksum) values ('${file.name}', '${file.checksum}')`
  const forget = `delete from trickle_platform_migrations.migrations where name = '${file.name}'`
  return {
    up: (builder: MigrationBuilder) => addSteps(builder, file.upSql, record),
    down: (builder: MigrationBuilder) => addSteps(builder, file.downSql, forget),
  }
}

function addSteps(builder: MigrationBuilder, sql: string, bookkeeping: string): void {
  if (sql.startsWith(NO_TRANSACTION)) builder.noTransaction()
  builder.sql(sql)
  builder.sql(bookkeeping)
  builder.sql(HAND_OVER)
}
