import { encodeCheckpoint, PostgresEventStore, SealKeys } from '../../shared/event-store/index.ts'
import type { SealKeyring } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import { TenantRegistry } from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { withClient } from '../../database/index.ts'
import type { PartContext } from '../command/index.ts'
import { createScratchDatabase, makeEvent, readAllTenants } from '../stage/index.ts'
import type { BenchServer } from '../stage/index.ts'
import type { GrowthOptions } from './options.ts'
import { EVENTS_PER_STREAM, sampleStreams, SEED_SQL, seedLog } from './seed.ts'
import type { LogPlan, StoredStream } from './seed.ts'

/** How many streams are read and appended to: as many as the smallest log has. */
const SAMPLED = 1_000

export const FEED_PAGE = 100

/**
 * How many places pages of all tenants' feed are read from. A page of 100 events touches all partitions, some 50 pages
 * of the database. With 1,000 places in ten million events these would not fit into its memory, and the disk would be
 * measured.
 */
const FEED_PLACES = 100

/** A log of some size, with the operations that are measured on it. Each call is one operation. */
export interface Log {
  readonly name: string
  append(): Promise<unknown>
  readStream(): Promise<void>
  readTenantFeed(): Promise<void>
  readAllTenants(): Promise<void>
}

/** Creates a database for the log on the server, and fills the log. */
export async function openLog(
  { options, cleanup, note }: PartContext<GrowthOptions>,
  server: BenchServer,
  plan: LogPlan,
): Promise<Log> {
  const name = `${plan.events} events, ${plan.tenants} tenants`
  note(`storing ${name}`)
  const database = await createScratchDatabase(server, `bench_log_${plan.events}_${plan.tenants}`, SEED_SQL)
  await seedLog(database.adminUrl, plan, note)
  const streams = await sampleStreams(database.adminUrl, plan, SAMPLED)
  const open = (role: 'trickle_app' | 'trickle_forwarder'): Database => {
    const pool = new Database({
      url: database.url(role),
      connectionsMax: options.connections,
      statements: 'unnamed',
    })
    cleanup.add(() => pool.end())
    return pool
  }
  const app = open('trickle_app')
  const sealKeys = new SealKeys(app)
  return {
    name,
    ...operationsOn({
      store: new PostgresEventStore(app, { coalesce: false, sealKeys }),
      forwarder: open('trickle_forwarder'),
      keyring: await sealKeys.recent(),
      epoch: await epochOf(database.adminUrl),
      streams,
      contexts: await contextsOf(database, streams),
    }),
  }
}

interface FilledLog {
  readonly store: PostgresEventStore
  readonly forwarder: Database
  readonly keyring: SealKeyring
  readonly epoch: string
  readonly streams: readonly StoredStream[]
  readonly contexts: ReadonlyMap<string, TenantContext>
}

/** Each call of an operation uses the next stream, or the next place in the feed of all tenants. */
function operationsOn({ store, forwarder, keyring, epoch, streams, contexts }: FilledLog): Omit<Log, 'name'> {
  const places = streams.slice(0, FEED_PLACES)
  let page = 0
  let number = 0
  const next = (): { stream: StoredStream; tenant: TenantContext } => {
    const stream = streams[(number += 1) % streams.length]
    const tenant = stream && contexts.get(stream.slug)
    if (stream === undefined || tenant === undefined) throw new RangeError('there are no streams')
    return { stream, tenant }
  }
  return {
    append() {
      const { stream, tenant } = next()
      const streamId = `${stream.streamId}-more`
      return store.append(tenant, { streamId, expected: { mode: 'any' }, events: [makeEvent(number)] })
    },
    async readStream() {
      const { stream, tenant } = next()
      const query = { streamId: stream.streamId, backward: false, limit: EVENTS_PER_STREAM }
      expectWhole((await store.readStream(tenant, query)).texts.count, EVENTS_PER_STREAM)
    },
    async readTenantFeed() {
      const { stream, tenant } = next()
      const after = encodeCheckpoint(keyring, tenant.tenantId, {
        epoch,
        xid: BigInt(stream.xid),
        position: BigInt(stream.positionBefore),
      })
      expectWhole(
        (await store.readFeed(tenant, { after, limit: EVENTS_PER_STREAM })).texts.count,
        EVENTS_PER_STREAM,
      )
    },
    async readAllTenants() {
      const place = places[(page += 1) % places.length]
      if (place === undefined) throw new RangeError('there are no places')
      const { xid, positionBefore } = place
      expectWhole(await readAllTenants(forwarder, { xid, position: positionBefore }, FEED_PAGE), FEED_PAGE)
    },
  }
}

async function contextsOf(
  database: BenchServer,
  streams: readonly StoredStream[],
): Promise<Map<string, TenantContext>> {
  const operator = new Database({
    url: database.url('trickle_operator'),
    connectionsMax: 1,
    statements: 'unnamed',
  })
  try {
    return await new TenantRegistry(operator).contextsBySlug([...new Set(streams.map(({ slug }) => slug))])
  } finally {
    await operator.end()
  }
}

async function epochOf(adminUrl: string): Promise<string> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ epoch: string }>(
      'select e.epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1',
    )
    return rows[0]?.epoch ?? ''
  })
}

function expectWhole(count: number, expected: number): void {
  if (count !== expected) throw new Error(`a read gave ${count} events instead of ${expected}`)
}
