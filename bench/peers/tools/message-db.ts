import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withClient } from '../../../database/index.ts'
import type { NewEvent } from '../../../shared/event-store/index.ts'
import { createBarePool, createPeerDatabase } from '../../stage/index.ts'
import type { BenchServer } from '../../stage/index.ts'

const DATABASE = 'bench_message_db'

/** The files that message-db's install.sh runs, in its order, without views and privileges: an append needs neither. */
const FILES = [
  'schema/message-store.sql',
  'extensions/pgcrypto.sql',
  'tables/messages.sql',
  'types/message.sql',
  'functions/message-store-version.sql',
  'functions/hash-64.sql',
  'functions/acquire-lock.sql',
  'functions/category.sql',
  'functions/is-category.sql',
  'functions/id.sql',
  'functions/cardinal-id.sql',
  'functions/stream-version.sql',
  'functions/write-message.sql',
  'functions/get-stream-messages.sql',
  'indexes/messages-id.sql',
  'indexes/messages-stream.sql',
  'indexes/messages-category.sql',
] as const

const WRITE = 'select message_store.write_message($1, $2, $3, $4::jsonb, $5::jsonb)'

/** message-db on its own database. */
export interface MessageDb {
  /** Appends one event without an expected version. The text before the first `-` of the name is its category. */
  append(streamName: string, event: NewEvent): Promise<unknown>
  end(): Promise<void>
}

/** @param folder the `database` folder of message-db, from its package or its repository */
export async function openMessageDb(
  folder: string,
  server: BenchServer,
  connections: number,
  via: (url: string) => string = (url) => url,
): Promise<MessageDb> {
  const url = await createPeerDatabase(server, DATABASE)
  await withClient(url, async (client) => {
    const found = await client.query("select from pg_catalog.pg_namespace where nspname = 'message_store'")
    if (found.rowCount === 0) {
      for (const file of FILES) await client.query(await readFile(join(folder, file), 'utf8'))
    }
    // Its functions call each other without naming their schema.
    await client.query(`alter database ${DATABASE} set search_path = message_store, public`)
  })
  const pool = createBarePool(via(url), connections)
  return {
    append: (streamName, { type, data, metadata }) =>
      pool.query(WRITE, [randomUUID(), streamName, type, JSON.stringify(data), JSON.stringify(metadata)]),
    end: () => pool.end(),
  }
}
