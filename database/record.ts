import type { Client } from 'pg'
import { TrickleError } from '../shared/errors/index.ts'
import type { Migration } from './migration-files.ts'

/**
 * Our own record. The runner has one too, which holds names and no contents. Every login may read ours: `ready`
 * compares it with what the deployed code needs. `functions` keeps every text that a function has had; the newest row
 * of a name is the text that the database holds.
 */
const RECORD = `
  create schema if not exists trickle_platform_migrations;
  create table if not exists trickle_platform_migrations.applied (
    id serial primary key, name varchar(255) not null, run_on timestamp not null);
  create table trickle_platform_migrations.migrations (
    ordinal bigint not null generated always as identity,
    name text primary key, checksum text not null, applied_at timestamptz not null default clock_timestamp());
  create table trickle_platform_migrations.functions (
    ordinal bigint not null generated always as identity,
    name text not null, checksum text not null, function_name text not null,
    applied_at timestamptz not null default clock_timestamp(), primary key (name, checksum));
  alter table trickle_platform_migrations.applied enable row level security;
  alter table trickle_platform_migrations.applied force row level security;
  alter table trickle_platform_migrations.migrations enable row level security;
  alter table trickle_platform_migrations.migrations force row level security;
  alter table trickle_platform_migrations.functions enable row level security;
  alter table trickle_platform_migrations.functions force row level security;
  create policy applied_owner on trickle_platform_migrations.applied for all to trickle_owner using (true) with check (true);
  create policy migrations_owner on trickle_platform_migrations.migrations for all to trickle_owner using (true) with check (true);
  create policy functions_owner on trickle_platform_migrations.functions for all to trickle_owner using (true) with check (true);
  create policy migrations_read on trickle_platform_migrations.migrations for select
    to trickle_app, trickle_worker, trickle_forwarder, trickle_operator using (true);
  create policy functions_read on trickle_platform_migrations.functions for select
    to trickle_app, trickle_worker, trickle_forwarder, trickle_operator using (true);
  grant usage on schema trickle_platform_migrations to trickle_app, trickle_worker, trickle_forwarder, trickle_operator;
  grant select on trickle_platform_migrations.migrations, trickle_platform_migrations.functions
    to trickle_app, trickle_worker, trickle_forwarder, trickle_operator;
  reassign owned by current_user to trickle_owner`

/** Makes the record where it is missing. The caller holds the lock of the migrations. */
export async function prepareRecord(client: Client): Promise<void> {
  // Reads the rows of the catalog: to_regclass may answer from a cache that does not know yet what another session
  // made.
  const found = await client.query(
    "select from pg_tables where schemaname = 'trickle_platform_migrations' and tablename = 'migrations'",
  )
  if (found.rowCount === 1) return
  await refuseUnrecorded(client)
  // Sent as one text, so it is one implicit transaction.
  await client.query(RECORD)
}

/** Without this check the first migration would end with "schema already exists", which says nothing of what to do. */
async function refuseUnrecorded(client: Client): Promise<void> {
  const { rows } = await client.query<{ nspname: string }>(
    `select nspname from pg_namespace where nspname like 'trickle\\_%' and nspname <> 'trickle_platform_migrations' order by 1`,
  )
  if (rows.length === 0) return
  throw new TrickleError(
    'CONFIGURATION_INVALID',
    `The database holds ${rows.map((row) => row.nspname).join(', ')}, and no record of the migrations that made them. Restore the schema trickle_platform_migrations with the others, or use an empty database (a local run: npx trickle start --fresh).`,
  )
}

/** What the database has applied, oldest first. */
export async function recordedMigrations(client: Client): Promise<{ name: string; checksum: string }[]> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from trickle_platform_migrations.migrations order by ordinal',
  )
  return rows
}

/**
 * @returns the migrations that the database lacks, in the order in which they run
 * @throws TrickleError CONFIGURATION_INVALID when an applied file was edited or is missing, or when a missing one stands
 *   before an applied one of the same owner
 */
export function pendingMigrations(
  files: readonly Migration[],
  recorded: readonly { name: string; checksum: string }[],
): Migration[] {
  const byName = new Map(files.map((file) => [file.name, file]))
  const missing = recorded.filter(({ name }) => !byName.has(name)).map(({ name }) => name)
  if (missing.length > 0) {
    throw new TrickleError(
      'CONFIGURATION_INVALID',
      `The database has migrations that this checkout does not have: ${missing.join(', ')}. This checkout is older than the database, or the files were removed. Use a newer checkout, or restore the files.`,
    )
  }
  const edited = recorded.filter(({ name, checksum }) => byName.get(name)?.checksum !== checksum)
  if (edited.length > 0) {
    throw new TrickleError(
      'CONFIGURATION_INVALID',
      `These migrations were applied and have been changed since: ${edited.map(({ name }) => name).join(', ')}. Restore the files and put the change into a new migration.`,
    )
  }
  const applied = new Set(recorded.map(({ name }) => name))
  const pending = files.filter(({ name }) => !applied.has(name))
  const late = pending.find((file) =>
    files.some(
      ({ owner, number, name }) => owner === file.owner && number > file.number && applied.has(name),
    ),
  )
  if (late !== undefined) {
    throw new TrickleError(
      'CONFIGURATION_INVALID',
      `${late.name} is missing in the database, and a later migration of ${late.owner} was applied. Give it the next free number.`,
    )
  }
  return pending
}
