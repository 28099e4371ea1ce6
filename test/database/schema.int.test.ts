import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from 'pg'
import { migrateUp, missingSignatures, schemaText, signaturesOf, withClient } from '../../database/index.ts'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { EmptyDatabases } from './empty-databases.ts'
import { hasPostgres17, requirePostgres17 } from '../support/postgres-17.ts'

let database: TestDatabase
let admin: Client
beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

const written = (name: string): Promise<string> =>
  readFile(new URL(`../../database/${name}`, import.meta.url), 'utf8')

/** In a transaction that is always rolled back. */
async function after<T>(change: string, look: (client: Client) => Promise<T>): Promise<T> {
  await admin.query('begin')
  try {
    await admin.query(change)
    return await look(admin)
  } finally {
    await admin.query('rollback')
  }
}

describe('database/schema.sql', () => {
  it('is the schema that the migrations make (npm run generate:schema writes it)', async () => {
    expect(await schemaText(admin)).toBe(await written('schema.sql'))
  })

  requirePostgres17()

  it.runIf(hasPostgres17())('is the same on PostgreSQL 17', async () => {
    const databases = await EmptyDatabases.start([17])
    try {
      const { migratorUrl, adminUrl } = await databases.create('schema', 17)
      await migrateUp({ migratorUrl })
      expect(await withClient(adminUrl, schemaText)).toBe(await written('schema.sql'))
    } finally {
      await databases.dispose()
    }
  })

  it.each([
    'alter table trickle_events_log.streams add column made int',
    'alter table trickle_events_log.streams alter column stream_type set not null',
    'alter table trickle_events_log.streams set (fillfactor = 100)',
    'alter table trickle_events_log.streams add check (version > 0)',
    'create index made on trickle_events_log.names (reserved_at)',
    'alter table trickle_events_log.events_p03 no force row level security',
    'alter table trickle_events_log.names no force row level security',
    'drop policy names_app on trickle_events_log.names',
    'alter policy epochs_begin on trickle_events_log.epochs with check (false)',
    'grant select (version) on trickle_events_log.streams to trickle_operator',
    'grant delete on trickle_events_log.streams to trickle_app',
    'grant usage on schema trickle_analytics_outbox to trickle_app',
    'alter domain trickle_events_log.event_name add check (value <> $$x$$)',
    'create sequence trickle_events_log.made',
    'alter function trickle_events_log.append reset plan_cache_mode',
    'alter function trickle_events_log.lock_key owner to trickle_writer',
    'grant execute on function trickle_events_log.lock_key to trickle_app',
    'create or replace function trickle_events_log.lock_class() returns int language sql immutable parallel safe as $$ select 1 $$',
  ])('shows the change: %s', async (change) => {
    expect(await after(change, schemaText)).not.toBe(await written('schema.sql'))
  })
})

describe('the signatures that deployed code calls', () => {
  it('of the last release are all there', async () => {
    const released = (await written('released-signatures.txt')).split('\n')
    expect(missingSignatures(released, await signaturesOf(admin))).toEqual([])
  })

  it.each([
    [
      'drop function trickle_events_log.stream_info(uuid, text)',
      'trickle_events_log.stream_info(uuid,text) returns rows (',
    ],
    ['alter function trickle_events_log.stream_info rename to made', 'trickle_events_log.stream_info('],
    [
      'revoke execute on function trickle_events_log.feed_horizon from trickle_app, trickle_worker, trickle_forwarder, trickle_operator',
      'trickle_events_log.feed_horizon() returns xid8',
    ],
    [
      `drop function trickle_events_log.current_epoch();
       create function trickle_events_log.current_epoch() returns table (epoch uuid, began_xid xid8) language sql as $$ select null::uuid, null::xid8 $$`,
      'trickle_events_log.current_epoch() returns rows (epoch uuid, began_xid xid8, began_position bigint)',
    ],
  ])('are missed after: %s', async (change, signature) => {
    const released = await signaturesOf(admin)
    const missing = missingSignatures(released, await after(change, signaturesOf))
    expect(missing).toEqual([expect.stringContaining(signature)])
  })

  it('may be joined by others, and comments are none', () => {
    expect(
      missingSignatures(
        ['# written by', '', 'a.b() returns int'],
        ['a.b() returns int', 'a.c() returns int'],
      ),
    ).toEqual([])
    expect(missingSignatures(['a.b() returns int'], ['a.b() returns bigint'])).toEqual(['a.b() returns int'])
  })

  it.each([
    ['trickle_app', 'trickle_events_log.append('],
    ['trickle_worker', 'trickle_events_log.read_feed_part('],
    ['trickle_forwarder', 'trickle_analytics_outbox.'],
    ['trickle_operator', 'trickle_events_log.begin_epoch('],
  ])('hold what %s calls', async (_login, name) => {
    expect((await signaturesOf(admin)).some((line) => line.startsWith(name))).toBe(true)
  })

  it('tell what may be left out and what comes back by name', async () => {
    const signatures = await signaturesOf(admin)
    expect(signatures.find((line) => line.startsWith('trickle_events_log.append('))).toMatch(
      /jsonb\), 1 of them optional returns \(outcome text, versions bigint\[\], at integer, /,
    )
    expect(signatures.join('\n')).not.toContain('lock_streams')
  })
})
