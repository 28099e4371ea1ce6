/**
 * Changes the database: makes its login roles, runs the migrations of every owner, and puts the functions of every
 * owner into it. A command or a local start does this, never a first request, and directly on PostgreSQL: the lock
 * belongs to a session, so it does not work through a transaction pooler.
 *
 * Invariants: owners run in their declared order, the migrations of one owner by number; a new migration of an early
 * owner is applied although later owners were applied before. A migration that was applied is never edited. Functions
 * come after the migrations, all of them in one transaction, and only when no migration is missing; an older checkout
 * puts no older function back. `schema.sql` and `released-signatures.txt` are written from a migrated database.
 */
import { PG_MIGRATE_LOCK_ID } from 'node-pg-migrate'
import type { Client } from 'pg'
import { applyFunctions, dropFunctions } from './apply-functions.ts'
import type { FunctionReport } from './apply-functions.ts'
import { readFunctions } from './function-files.ts'
import { readMigrations } from './migration-files.ts'
import { owners } from './owners.ts'
import type { Owner } from './owners.ts'
import { pendingMigrations, prepareRecord, recordedMigrations } from './record.ts'
import { runMigration } from './run-migration.ts'
import { withClient } from './server.ts'
import type { LoginOptions } from './server.ts'

export type { FunctionReport } from './apply-functions.ts'
export { readFunctions, type FunctionFile } from './function-files.ts'
export { makeManifest, type DatabaseManifest } from './manifest.ts'
export { readMigrations, type Migration } from './migration-files.ts'
export { owners, type Owner } from './owners.ts'
export { schemaText } from './schema-text.ts'
export { missingSignatures, signaturesOf } from './signatures.ts'
export {
  LOGIN_ROLES,
  POSTGRES_VERSION_MIN,
  prepareServer,
  urlOfDatabase,
  withClient,
  type LoginOptions,
  type LoginRole,
} from './server.ts'

export interface MigrateOptions extends LoginOptions {
  /** postgres:// url of the migrator, or of a member that takes its role by `role`, directly on the server. */
  readonly migratorUrl: string
  /** Whose migrations and functions; default: every owner of this checkout. */
  readonly owners?: readonly Owner[]
  /** Stops after this many migrations (up: default all; down: default 1). */
  readonly count?: number
  /** Puts this checkout's functions into the database also where that holds a newer text (up only). */
  readonly replaceNewer?: boolean
  readonly log?: (line: string) => void
}

export interface MigrateReport {
  /** The migrations applied, or taken back, now. */
  readonly migrations: readonly string[]
  readonly functions: FunctionReport
}

const noFunctions: FunctionReport = { applied: [], keptNewer: [], withoutFile: [] }

/**
 * Applies what is missing: migrations, and after the last of them every function that has changed.
 * @throws TrickleError CONFIGURATION_INVALID when an applied file was edited since, or a file can't be read or applied
 */
export async function migrateUp(options: MigrateOptions): Promise<MigrateReport> {
  const all = options.owners ?? owners()
  const [files, functions] = await Promise.all([readMigrations(all), readFunctions(all)])
  return underLock(options, async (client, log) => {
    await prepareRecord(client)
    const pending = pendingMigrations(files, await recordedMigrations(client))
    const chosen = pending.slice(0, options.count)
    for (const file of chosen) await runMigration(client, file, 'up', log)
    const isWhole = chosen.length === pending.length
    return {
      migrations: chosen.map(({ name }) => name),
      functions: isWhole
        ? await applyFunctions(client, functions, options.replaceNewer ?? false)
        : noFunctions,
    }
  })
}

/**
 * Takes back the newest migrations, one by default, and drops every function: which of them would fit the older schema
 * is not known. The next `migrateUp`, of this checkout or of an older one, brings its own.
 * @throws TrickleError CONFIGURATION_INVALID when an applied file was edited since or is missing
 */
export async function migrateDown(options: MigrateOptions): Promise<MigrateReport> {
  const files = await readMigrations(options.owners ?? owners())
  return underLock(options, async (client, log) => {
    await prepareRecord(client)
    const recorded = await recordedMigrations(client)
    pendingMigrations(files, recorded)
    const names = recorded.map(({ name }) => name).toReversed()
    const chosen = names
      .slice(0, options.count ?? 1)
      .flatMap((name) => files.find((file) => file.name === name) ?? [])
    if (chosen.length > 0) await dropFunctions(client)
    for (const file of chosen) await runMigration(client, file, 'down', log)
    return { migrations: chosen.map(({ name }) => name), functions: noFunctions }
  })
}

/** One run at a time on a database; the runner takes the same lock of the same session once more for each file. */
async function underLock(
  options: MigrateOptions,
  work: (client: Client, log: (line: string) => void) => Promise<MigrateReport>,
): Promise<MigrateReport> {
  return withClient(
    options.migratorUrl,
    async (client) => {
      await client.query('select pg_advisory_lock($1)', [PG_MIGRATE_LOCK_ID])
      return work(client, options.log ?? (() => {}))
    },
    { password: options.password, role: options.role },
  )
}
