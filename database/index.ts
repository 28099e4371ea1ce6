/**
 * Changes the database: makes its login roles and runs the migrations of every owner in one global order. By command
 * and at a local start, directly on PostgreSQL (never through a transaction pooler: the runner's lock is a session's),
 * never on a first request. An applied file that was edited afterwards is refused.
 */
import { glob } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import type { Client } from 'pg'
import { TrickleError } from '../shared/errors/index.ts'
import { migrationActions, readMigrations, type MigrationFile } from './loader.ts'
import { withClient, type LoginOptions } from './server.ts'

export {
  loginRoles,
  prepareServer,
  urlOfDatabase,
  withClient,
  type LoginOptions,
  type LoginRole,
} from './server.ts'
export { readMigrations, type MigrationFile } from './loader.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const pattern = '{shared,functions}/*/migrations/*.sql'

/** Every migration of the repository, ordered by number. */
export async function allMigrations(): Promise<MigrationFile[]> {
  const paths: string[] = []
  for await (const path of glob(pattern, { cwd: repository })) paths.push(`${repository}${path}`)
  return readMigrations(paths)
}

export interface MigrateOptions extends LoginOptions {
  /** postgres:// url of the migrator, or of a member that takes its role by `role`, directly on the server. */
  readonly migratorUrl: string
  /** Stops after this many migrations (up: default all; down: default 1). */
  readonly count?: number
  readonly log?: (line: string) => void
}

/**
 * Applies what is missing.
 * @returns the names applied now, and the level that the database has reached.
 * @throws TrickleError CONFIGURATION_INVALID when an applied file was edited since.
 */
export async function migrateUp(options: MigrateOptions): Promise<{ applied: string[]; level: number }> {
  return run(options, 'up', options.count ?? Number.POSITIVE_INFINITY)
}

/** Takes back the newest migrations, one by default. */
export async function migrateDown(options: MigrateOptions): Promise<{ applied: string[]; level: number }> {
  return run(options, 'down', options.count ?? 1)
}

async function run(options: MigrateOptions, direction: 'up' | 'down', count: number) {
  const files = await allMigrations()
  const work = async (client: Client) => {
    await prepareRecord(client)
    await refuseEdited(client, files)
    const done = await runner({
      dbClient: client,
      dir: `${repository}${pattern}`,
      useGlob: true,
      migrationsSchema: 'trickle_platform_migrations',
      migrationsTable: 'applied',
      direction,
      count,
      singleTransaction: false,
      advisoryLockMode: 'wait',
      migrationLoaderStrategies: [
        {
          extensions: ['.sql'],
          loader: () =>
            Promise.resolve(
              files.map((file) => ({
                id: file.name,
                filePaths: [file.upPath, file.downPath],
                actions: migrationActions(file),
              })),
            ),
        },
      ],
      log: options.log ?? (() => {}),
    })
    const level = await client.query<{ level: number }>(
      'select coalesce(max(level), 0) as level from trickle_platform_migrations.checksums',
    )
    return { applied: done.map((migration) => migration.name), level: level.rows[0]?.level ?? 0 }
  }
  return withClient(options.migratorUrl, work, { password: options.password, role: options.role })
}

/** Our own record beside the runner's: the runner remembers names, not contents. Readable by every login for `ready`. */
async function prepareRecord(client: Client): Promise<void> {
  if (await hasRecord(client)) return
  await client.query('begin')
  // The runner's own lock comes later: without this one, two runners on an empty database would make the record twice.
  await client.query("select pg_advisory_xact_lock(hashtext('trickle_platform_migrations'))")
  if (!(await hasRecord(client))) await client.query(RECORD)
  await client.query('commit')
}

/** Asked of the catalog's rows: to_regclass may answer from a cache that does not know yet what another session made. */
async function hasRecord(client: Client): Promise<boolean> {
  const found = await client.query(
    "select from pg_tables where schemaname = 'trickle_platform_migrations' and tablename = 'checksums'",
  )
  return found.rowCount === 1
}

const RECORD = `
  create schema if not exists trickle_platform_migrations;
  create table if not exists trickle_platform_migrations.applied (
    id serial primary key, name varchar(255) not null, run_on timestamp not null);
  create table if not exists trickle_platform_migrations.checksums (
    name text primary key, level int not null, checksum text not null, applied_at timestamptz not null default clock_timestamp());
  alter table trickle_platform_migrations.applied enable row level security;
  alter table trickle_platform_migrations.applied force row level security;
  alter table trickle_platform_migrations.checksums enable row level security;
  alter table trickle_platform_migrations.checksums force row level security;
  create policy applied_owner on trickle_platform_migrations.applied for all to trickle_owner using (true) with check (true);
  create policy checksums_owner on trickle_platform_migrations.checksums for all to trickle_owner using (true) with check (true);
  create policy checksums_read on trickle_platform_migrations.checksums for select
    to trickle_app, trickle_forwarder, trickle_operator using (true);
  grant usage on schema trickle_platform_migrations to trickle_app, trickle_forwarder, trickle_operator;
  grant select on trickle_platform_migrations.checksums to trickle_app, trickle_forwarder, trickle_operator;
  reassign owned by current_user to trickle_owner`

async function refuseEdited(client: Client, files: readonly MigrationFile[]): Promise<void> {
  const recorded = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from trickle_platform_migrations.checksums',
  )
  const byName = new Map(files.map((file) => [file.name, file.checksum]))
  const edited = recorded.rows.filter((row) => byName.get(row.name) !== row.checksum).map((row) => row.name)
  if (edited.length === 0) return
  throw new TrickleError(
    'CONFIGURATION_INVALID',
    `These migrations were applied and have been changed or removed since: ${edited.join(', ')}. Restore the files and put the change into a new migration.`,
  )
}
