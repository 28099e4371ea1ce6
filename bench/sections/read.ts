import type { Pool } from 'pg'
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import type { EventStore } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { alternate, figureOf, runLoad } from '../measure/index.ts'
import type { Figure, Watched } from '../measure/index.ts'
import {
  bareStatement,
  copyToBareTable,
  createBarePool,
  createBareTable,
  createTenants,
  startBenchServer,
  storeEvents,
} from '../stage/index.ts'
import type { BenchServer, StatementMode } from '../stage/index.ts'
import { serverFacts } from './server-facts.ts'
import { targets } from './section.ts'
import type { BenchOptions, SectionContext, SectionResult } from './section.ts'

const TENANTS = 16
const EVENTS_PER_STREAM = 100

/** 20,000 events: too many for the processor's caches, but all in the server's memory, as recently used data is. */
const STREAMS = 200

/** Compares 100 events of a stream as the text of an HTTP body with a bare SELECT of the same rows. */
export async function readSection(context: SectionContext): Promise<SectionResult> {
  const { options, cleanup, note } = context
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  await createBareTable(server.adminUrl)
  const tenants = await createTenants(server, TENANTS)
  await storeEvents(server.adminUrl, {
    tenants,
    count: STREAMS * EVENTS_PER_STREAM,
    eventsPerStream: EVENTS_PER_STREAM,
  })
  await copyToBareTable(server.adminUrl)
  const figures: Figure[] = []
  for (const mode of options.modes) {
    const login = { url: server.url('trickle_app'), connectionsMax: options.connections, statements: mode }
    const database = new Database(login)
    const pool = createBarePool(login.url, options.connections)
    cleanup.add(() => Promise.all([database.end(), pool.end()]))
    const store = new PostgresEventStore(database)
    for (const concurrency of options.concurrencies) {
      note(`read ${EVENTS_PER_STREAM} x ${concurrency} callers, ${mode}`)
      figures.push(await compare({ store, pool, tenants, mode, concurrency, server, options }))
    }
  }
  return { figures, skipped: [], postgres: await serverFacts(server.adminUrl) }
}

interface Case {
  readonly store: EventStore
  readonly pool: Pool
  readonly tenants: readonly TenantContext[]
  readonly mode: StatementMode
  readonly concurrency: number
  readonly server: BenchServer
  readonly options: BenchOptions
}

async function compare({ store, pool, tenants, mode, concurrency, server, options }: Case): Promise<Figure> {
  const watched: Record<string, Watched> = {
    client: { kind: 'self' },
    server: { kind: 'family', pid: server.pid },
  }
  const load = { concurrency, durationMs: options.turnMs, watched }
  const next = createStreams(tenants)
  const samples = await alternate(
    {
      ours: () => runLoad(() => readOurs(store, next()), load),
      bare: () => runLoad(() => readBare(pool, mode, next()), load),
    },
    options.rounds,
  )
  const facts = {
    section: 'read',
    name: `${EVENTS_PER_STREAM} events, ${concurrency} callers, ${mode}`,
    candidate: 'EventStore.readStream to the body text',
    baseline: 'bare SELECT by pg.Pool, parsed, to the body text',
    unit: 'reads/s',
    target: targets.read,
  }
  return figureOf(facts, samples.ours, samples.bare)
}

interface Stream {
  readonly tenant: TenantContext
  readonly streamId: string
}

function createStreams(tenants: readonly TenantContext[]): () => Stream {
  let number = 0
  return () => {
    const stream = (number += 1) % STREAMS
    // The same assignment as in storeEvents: a stream's number decides its tenant.
    const tenant = tenants[stream % tenants.length]
    if (tenant === undefined) throw new RangeError('there are no tenants')
    return { tenant, streamId: `stored-${stream}` }
  }
}

async function readOurs(store: EventStore, { tenant, streamId }: Stream): Promise<string> {
  const page = await store.readStream(tenant, { streamId, backward: false, limit: EVENTS_PER_STREAM })
  expectWhole(page.texts.count)
  return `{"events":[${page.texts.text}],"next":${page.next}}`
}

/** The usual way: pg parses every value, and the answer is written as JSON again. */
const SELECT_TEXT = `select event_id as id, source, stream_id as "streamId", version, type, occurred_at as time,
    recorded_at as "recordedAt", data, metadata
  from bench_bare.events where tenant_id = $1 and stream_id = $2 and version >= $3 order by version limit $4`

async function readBare(pool: Pool, mode: StatementMode, { tenant, streamId }: Stream): Promise<string> {
  const values = [tenant.tenantId, streamId, 1, EVENTS_PER_STREAM]
  const { rows } = await pool.query<object>(bareStatement(mode, 'select_stream', SELECT_TEXT, values))
  expectWhole(rows.length)
  return JSON.stringify({ events: rows, next: null })
}

function expectWhole(count: number): void {
  if (count !== EVENTS_PER_STREAM)
    throw new Error(`a read gave ${count} events instead of ${EVENTS_PER_STREAM}`)
}
