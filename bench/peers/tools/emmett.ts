import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Pool } from 'pg'
import { z } from 'zod'
import type { NewEvent } from '../../../shared/event-store/index.ts'
import { createPeerDatabase } from '../../stage/index.ts'
import type { BenchServer } from '../../stage/index.ts'

const DATABASE = 'bench_emmett'

/** The package's entry file is read from its package.json, since a folder can't be imported. */
const manifestSchema = z.object({
  exports: z.object({ '.': z.object({ import: z.object({ default: z.string() }) }) }),
})

/** What we use of emmett's event store (PostgresEventStore of @event-driven-io/emmett-postgresql 0.42). */
interface EmmettModule {
  getPostgreSQLEventStore(
    connectionString: string,
    options: { readonly connectionOptions: { readonly pooled: true; readonly pool: Pool } },
  ): {
    appendToStream(streamName: string, events: readonly EmmettEvent[]): Promise<unknown>
    readStream(streamName: string): Promise<{ readonly events: readonly object[] }>
  }
}

interface EmmettEvent {
  readonly type: string
  readonly data: unknown
  readonly metadata: unknown
}

/** emmett on its own database. */
export interface Emmett {
  /** Appends without an expected version. `conflict`: emmett refused it because another append came first. */
  append(streamName: string, events: readonly NewEvent[]): Promise<'appended' | 'conflict'>
  /** All events of a stream that has `count` events, as emmett's reader returns them. */
  read(streamName: string, count: number): Promise<readonly object[]>
  end(): Promise<void>
}

/**
 * Opens emmett with its defaults. Its pool is made with its own copy of `pg` and is as large as ours. The first append
 * of a process checks whether emmett's tables exist (14 queries): this is done here, before anything is measured.
 */
export async function openEmmett(
  folder: string,
  server: BenchServer,
  connections: number,
  via: (url: string) => string = (url) => url,
): Promise<Emmett> {
  const url = via(await createPeerDatabase(server, DATABASE))
  const root = join(folder, 'node_modules', '@event-driven-io', 'emmett-postgresql')
  const require = createRequire(join(root, 'package.json'))
  const manifest = manifestSchema.parse(require('./package.json'))
  const entry = pathToFileURL(join(root, manifest.exports['.'].import.default)).href
  const emmett = (await import(entry)) as EmmettModule
  const { Pool: TheirPool } = require('pg') as { readonly Pool: typeof Pool }
  const pool = new TheirPool({ connectionString: url, max: connections })
  pool.on('error', () => {})
  const store = emmett.getPostgreSQLEventStore(url, { connectionOptions: { pooled: true, pool } })
  await store.appendToStream('warm-up', [{ type: 'WarmedUp', data: {}, metadata: {} }])
  return {
    async append(streamName, events) {
      try {
        await store.appendToStream(streamName, events.map(emmettEvent))
        return 'appended'
      } catch (error) {
        if (isConflict(error)) return 'conflict'
        throw error
      }
    },
    async read(streamName, count) {
      const { events } = await store.readStream(streamName)
      if (events.length !== count) throw new Error(`emmett gave ${events.length} events instead of ${count}`)
      return events
    },
    end: () => pool.end(),
  }
}

const emmettEvent = ({ type, data, metadata }: NewEvent): EmmettEvent => ({ type, data, metadata })

/** Checks the name, since the error's class belongs to a copy of the package that our code can't import. */
const isConflict = (error: unknown): boolean =>
  error instanceof Error && /ExpectedVersionConflict|Expected version/.test(`${error.name} ${error.message}`)
