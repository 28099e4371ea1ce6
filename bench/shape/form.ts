import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { withClient } from '../../database/index.ts'
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import type { PartContext } from '../command/index.ts'
import {
  APPEND_STREAMS,
  APPEND_TENANTS,
  createAppendTargets,
  createScratchDatabase,
  createTenants,
  makeEvent,
  readAllTenants,
  storeEvents,
  type BenchServer,
  type StatementMode,
} from '../stage/index.ts'
import type { ShapeOptions } from './options.ts'
import type { Variant } from './variants.ts'

export const EVENTS_PER_READ = 100

/** A backend ends within milliseconds of its connection. */
const BACKENDS_END_WITHIN_MS = 10_000
const POLL_MS = 20

/** A transaction for each append, in either statement mode, or one for all that come at the same time. */
export type AppendWay = StatementMode | 'coalesced'

/** A form of the log, filled, with ways to use it. */
export interface Form {
  readonly name: string
  /** One event to one of many streams that exist. */
  append(way: AppendWay): Promise<unknown>
  readStream(): Promise<void>
  readTenantFeed(): Promise<void>
  readAllTenantsFeed(): Promise<void>
  /** Ends the form's connections, then tells which share of the updates of stream heads touched no index, from 0 to 1. */
  endWithHotShare(): Promise<number>
}

/** Makes the database and fills it: events in streams that reads use, and the heads of the streams that appends use. */
export async function openForm(
  { options, cleanup }: PartContext<ShapeOptions>,
  server: BenchServer,
  variant: Variant,
  number: number,
): Promise<Form> {
  const database = await createScratchDatabase(server, `bench_form_${number}`, variant)
  const tenants = await createTenants(database, APPEND_TENANTS)
  await storeEvents(database.adminUrl, {
    tenants,
    count: options.events,
    eventsPerStream: EVENTS_PER_READ,
  })
  await storeHeads(
    database.adminUrl,
    tenants.map(({ tenantId }) => tenantId),
  )
  const pools: Database[] = []
  const login = { connectionsMax: options.connections }
  const open = (role: 'trickle_app' | 'trickle_forwarder', statements: StatementMode): Database => {
    const pool = new Database({ ...login, url: database.url(role), statements })
    pools.push(pool)
    return pool
  }
  let ended: Promise<unknown> | undefined
  const end = async (): Promise<void> => {
    await (ended ??= Promise.all(pools.map((pool) => pool.end())))
  }
  cleanup.add(end)
  const direct = { coalesce: false }
  const stores = {
    unnamed: new PostgresEventStore(open('trickle_app', 'unnamed'), direct),
    named: new PostgresEventStore(open('trickle_app', 'named'), direct),
    coalesced: new PostgresEventStore(open('trickle_app', 'unnamed'), { coalesce: true }),
  }
  const forwarder = open('trickle_forwarder', 'unnamed')
  const nextTarget = createAppendTargets(tenants, false)
  const streams = Math.floor(options.events / EVENTS_PER_READ)
  let read = 0
  const nextRead = () => {
    const stream = (read += 1) % streams
    const tenant = tenants[stream % tenants.length]
    if (tenant === undefined) throw new RangeError('there are no tenants')
    return { tenant, streamId: `stored-${stream}` }
  }
  return {
    name: variant.name,
    append(way) {
      const { number, tenant, streamId } = nextTarget()
      const events = [makeEvent(number)]
      return stores[way].append(tenant, { streamId, expected: { mode: 'any' }, events })
    },
    async readStream() {
      const { tenant, streamId } = nextRead()
      const page = await stores.unnamed.readStream(tenant, {
        streamId,
        backward: false,
        limit: EVENTS_PER_READ,
      })
      expectWhole(page.events.length)
    },
    async readTenantFeed() {
      const page = await stores.unnamed.readFeed(nextRead().tenant, { limit: EVENTS_PER_READ })
      expectWhole(page.events.length)
    },
    async readAllTenantsFeed() {
      const after = { xid: '0', position: '0' }
      expectWhole(await readAllTenants(forwarder, after, EVENTS_PER_READ))
    },
    async endWithHotShare() {
      await end()
      return hotShare(database.adminUrl)
    },
  }
}

/** Filled and vacuumed, so that each page holds what its fillfactor allows before the first update. */
async function storeHeads(adminUrl: string, tenantIds: readonly string[]): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query(
      `insert into trickle_events_log.streams (tenant_id, stream_id, version, created_at, updated_at)
        select ($1::uuid[])[1 + n % cardinality($1::uuid[])], 'order-' || n, 0, now(), now()
          from generate_series(0, $2::int - 1) as n`,
      [tenantIds, APPEND_STREAMS],
    )
    await client.query('vacuum (analyze) trickle_events_log.streams, trickle_events_log.events')
    await client.query('checkpoint')
  })
}

async function hotShare(adminUrl: string): Promise<number> {
  return withClient(adminUrl, async (client) => {
    await untilAlone(client)
    const { rows } = await client.query<{ share: number | null }>(
      `select sum(s.n_tup_hot_upd)::float8 / nullif(sum(s.n_tup_upd), 0)::float8 as share
        from pg_catalog.pg_stat_user_tables s
        where s.relid = 'trickle_events_log.streams'::regclass
          or s.relid in (select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = 'trickle_events_log.streams'::regclass)`,
    )
    const share = rows[0]?.share ?? null
    if (share === null) throw new Error('no head was updated, so nothing can be said of updates')
    return share
  })
}

/** A backend tells what it has done when it ends, and until then only now and then. */
async function untilAlone(client: Client): Promise<void> {
  const deadline = performance.now() + BACKENDS_END_WITHIN_MS
  while (performance.now() < deadline) {
    const { rowCount } = await client.query(
      "select from pg_catalog.pg_stat_activity a where a.datname = current_database() and a.usename = 'trickle_app'",
    )
    if (rowCount === 0) return
    await sleep(POLL_MS)
  }
  throw new Error('connections of the app stayed open after their pools had ended')
}

function expectWhole(count: number): void {
  if (count !== EVENTS_PER_READ) throw new Error(`a read gave ${count} events instead of ${EVENTS_PER_READ}`)
}
