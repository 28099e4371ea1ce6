import { withClient } from '../../cli/migrate/index.ts'
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

/** A form of the log, filled, with ways to use it. */
export interface Form {
  readonly name: string
  /** One event to one of many streams that exist. */
  append(mode: StatementMode): Promise<unknown>
  readStream(): Promise<void>
  readTenantFeed(): Promise<void>
  readAllTenantsFeed(): Promise<void>
  /** Share of the updates of stream heads that touched no index, from 0 to 1. */
  hotShare(): Promise<number>
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
  const login = { connectionsMax: options.connections }
  const open = (role: 'trickle_app' | 'trickle_forwarder', statements: StatementMode): Database => {
    const pool = new Database({ ...login, url: database.url(role), statements })
    cleanup.add(() => pool.end())
    return pool
  }
  const stores = {
    unnamed: new PostgresEventStore(open('trickle_app', 'unnamed')),
    named: new PostgresEventStore(open('trickle_app', 'named')),
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
    append(mode) {
      const { number, tenant, streamId } = nextTarget()
      const events = [makeEvent(number)]
      return stores[mode].append(tenant, { streamId, expected: { mode: 'any' }, events })
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
    hotShare: () => hotShare(database.adminUrl),
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
    const { rows } = await client.query<{ share: number | null }>(
      `select sum(s.n_tup_hot_upd)::float8 / nullif(sum(s.n_tup_upd), 0)::float8 as share
        from pg_catalog.pg_stat_user_tables s
        join pg_catalog.pg_inherits i on i.inhrelid = s.relid
        where i.inhparent = 'trickle_events_log.streams'::regclass`,
    )
    return rows[0]?.share ?? Number.NaN
  })
}

function expectWhole(count: number): void {
  if (count !== EVENTS_PER_READ) throw new Error(`a read gave ${count} events instead of ${EVENTS_PER_READ}`)
}
