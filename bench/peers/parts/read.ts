import type { Pool } from 'pg'
import type { EventStore } from '../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import type { Figure, Sample } from '../../measure/index.ts'
import type { PartResult } from '../../report/index.ts'
import { serverFacts } from '../../sections/server-facts.ts'
import { storeEvents } from '../../stage/index.ts'
import { martenTurn, measureArms, openArena, openEmmettIn, openMartenIn, openWays } from '../arena.ts'
import type { PeersContext } from '../arena.ts'
import { goals } from '../goals.ts'
import { skippedTools, toolNotes } from '../notes.ts'
import { cpuSamples, figuresOf } from '../pairs.ts'
import type { Emmett } from '../tools/index.ts'
import { eventsFrom } from '../works.ts'

const EVENTS_PER_STREAM = 100

/** 20,000 events: too many for the processor's caches, but all in the server's memory, as recently used data is. */
const STREAMS = 200
const CALLERS = 8

/** Reads of a stream of 100 events: ours, emmett, Marten, and the same rows read in a transaction of four statements. */
export async function readPart(context: PeersContext): Promise<PartResult> {
  const { options, note } = context
  const arena = await openArena(context)
  const { tenants } = arena
  const ways = openWays(context, arena, options.connections)
  const emmett = await openEmmettIn(context, arena, options.connections)
  note(`${STREAMS} streams of ${EVENTS_PER_STREAM} events`)
  await storeEvents(arena.server.adminUrl, {
    tenants,
    count: STREAMS * EVENTS_PER_STREAM,
    eventsPerStream: EVENTS_PER_STREAM,
  })
  if (emmett !== null) await fillEmmett(emmett)
  const marten = await openMartenIn(context, arena, options.connections)
  const streams = { streams: STREAMS, perStream: EVENTS_PER_STREAM }
  await marten?.writeStreams(streams)
  const next = createStreams(tenants)
  note(`read ${EVENTS_PER_STREAM} x ${CALLERS} callers`)
  const arms = {
    'ours to text': () => readOurs(ways.direct, next()),
    'ours to objects': async (): Promise<unknown> => JSON.parse(`[${await pageOfOurs(ways.direct, next())}]`),
    'four statements to text': () => readByHand(ways.bare, next()),
    'emmett to text': emmett && (() => readEmmett(emmett, next())),
    'emmett to objects': emmett && (() => emmett.read(next().streamId, EVENTS_PER_STREAM)),
  }
  const turn = { mode: 'quick', callers: CALLERS, turnMs: options.turnMs, ...streams } as const
  const outside =
    marten === null ? {} : { 'Marten to objects': () => martenTurn(arena, () => marten.read(turn)) }
  const samples = await measureArms(context, arena, arms, { concurrency: CALLERS }, outside)
  const name = `${EVENTS_PER_STREAM} events, ${CALLERS} callers`
  const figures = figuresOf({ section: 'read', name, unit: 'reads/s' }, samples, [
    { ours: 'ours to text', with: 'emmett to text', target: goals.readOverEmmett },
    { ours: 'ours to objects', with: 'emmett to objects' },
    { ours: 'ours to text', with: 'Marten to objects', target: goals.readTextOverMarten },
    { ours: 'ours to objects', with: 'Marten to objects', target: goals.readObjectsOverMarten },
    { ours: 'ours to text', with: 'four statements to text', target: goals.readOverFourStatements },
  ])
  return {
    figures: [...figures, ...cpuFigures(samples)],
    notes: [
      ...toolNotes(options),
      'reads "to text" end with the JSON text of an HTTP body; "to objects" with parsed events, as a program in the same process wants them',
      'four statements: begin, set_config of the tenant, select under row-level security, commit, by one client of pg, which parses each value',
    ],
    skipped: skippedTools(options.tools, ['emmett', 'marten']),
    postgres: await serverFacts(arena.server.adminUrl),
  }
}

function cpuFigures(samples: Readonly<Record<string, readonly Sample[]>>): Figure[] {
  const ours = cpuSamples(samples['ours to text'] ?? [], 'client', 'server')
  const theirs = cpuSamples(samples['Marten to objects'] ?? [], 'client', 'server')
  if (ours === null || theirs === null || theirs.length === 0) return []
  const name = `CPU of client and server, ${EVENTS_PER_STREAM} events, ${CALLERS} callers`
  const arms = { 'ours to text': ours, 'Marten to objects': theirs }
  return figuresOf({ section: 'read', name, unit: 'us' }, arms, [
    { ours: 'ours to text', with: 'Marten to objects', target: goals.readCpuOverMarten },
  ])
}

async function fillEmmett(emmett: Emmett): Promise<void> {
  for (let stream = 0; stream < STREAMS; stream += 1) {
    await emmett.append(`stored-${stream}`, eventsFrom(stream, EVENTS_PER_STREAM))
  }
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

async function pageOfOurs(store: EventStore, { tenant, streamId }: Stream): Promise<string> {
  const page = await store.readStream(tenant, { streamId, backward: false, limit: EVENTS_PER_STREAM })
  expectWhole(page.texts.count)
  return page.texts.text
}

async function readOurs(store: EventStore, stream: Stream): Promise<string> {
  return `{"events":[${await pageOfOurs(store, stream)}],"next":null}`
}

const SELECT_TEXT = `select event_id as id, source, stream_id as "streamId", version, type, occurred_at as time,
    recorded_at as "recordedAt", data, metadata
  from trickle_events_log.events where tenant_id = $1 and stream_id = $2 and version >= $3 order by version limit $4`

async function readByHand(pool: Pool, { tenant, streamId }: Stream): Promise<string> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query("select set_config('app.tenant_id', $1, true)", [tenant.tenantId])
    const { rows } = await client.query<object>(SELECT_TEXT, [
      tenant.tenantId,
      streamId,
      1,
      EVENTS_PER_STREAM,
    ])
    await client.query('commit')
    expectWhole(rows.length)
    return JSON.stringify({ events: rows, next: null })
  } finally {
    client.release()
  }
}

async function readEmmett(emmett: Emmett, { streamId }: Stream): Promise<string> {
  return JSON.stringify({ events: await emmett.read(streamId, EVENTS_PER_STREAM), next: null }, withoutBigInt)
}

/** emmett's positions are of type bigint, which JSON.stringify refuses. */
const withoutBigInt = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value

function expectWhole(count: number): void {
  if (count !== EVENTS_PER_STREAM)
    throw new Error(`a read gave ${count} events instead of ${EVENTS_PER_STREAM}`)
}
