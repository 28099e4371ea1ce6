import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { QueryConfig } from 'pg'
import { alternate, figureOf, median, preciseCpuMicrosOf } from '../measure/index.ts'
import type { Figure, Sample, Target } from '../measure/index.ts'
import {
  APPEND_STREAMS,
  createFirstCallFunctions,
  createTenants,
  makeEvent,
  startBenchServer,
  storeEvents,
} from '../stage/index.ts'
import { serverFacts } from './server-facts.ts'
import { targets } from './section.ts'
import type { SectionContext, SectionResult } from './section.ts'

const TENANTS = 16
const EVENTS_PER_STREAM = 2

/** Connections of one turn at least: a single one may meet a checkpoint. */
const CONNECTIONS_MIN = 5

/** The scheduler counts a process when it goes to sleep, which the server's process does just after its answer. */
const ASLEEP_AFTER_MS = 1

/**
 * What the first append of a new connection costs the server, over the first call of a plpgsql function that inserts
 * into one table: CPU time of the connection's own process, so that a busy machine matters little.
 */
export async function firstAppendSection({ options, cleanup, note }: SectionContext): Promise<SectionResult> {
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  if (preciseCpuMicrosOf(server.pid) === null) {
    const reason = 'this system does not tell the CPU time of a process in /proc/PID/schedstat'
    return { figures: [], skipped: [{ name: 'first-append', reason }], postgres: {} }
  }
  await createFirstCallFunctions(server.adminUrl)
  const tenants = await createTenants(server, TENANTS)
  await storeEvents(server.adminUrl, { tenants, count: APPEND_STREAMS, eventsPerStream: EVENTS_PER_STREAM })
  const url = server.url('trickle_app')
  note('first append')
  const turn = (call: (nth: number) => QueryConfig) => () => firstCalls(url, call, options.turnMs)
  const tenantOf = (nth: number): string => tenants[nth % tenants.length]?.tenantId ?? ''
  const stored = (nth: number): string => `stored-${nth % (APPEND_STREAMS / EVENTS_PER_STREAM)}`
  const samples = await alternate(
    {
      floor: turn((nth) => bareCall('insert_event', tenantOf(nth), nth)),
      tables: turn((nth) => bareCall('touch_tables', tenantOf(nth), nth)),
      existing: turn((nth) => appendCall(tenantOf(nth), stored(nth), nth)),
      created: turn((nth) => appendCall(tenantOf(nth), randomUUID(), nth)),
    },
    options.rounds,
  )
  const figure = (name: string, candidate: string, of: readonly Sample[], target?: Target): Figure =>
    figureOf(
      {
        section: 'first-append',
        name,
        candidate,
        baseline: 'first call of a function that inserts into one table',
        unit: 'µs of server CPU',
        target,
      },
      of,
      samples.floor,
    )
  return {
    figures: [
      figure(
        'to a stream that exists',
        'first append of a connection',
        samples.existing,
        targets.firstAppend,
      ),
      figure('to a new stream', 'first append of a connection', samples.created, targets.firstAppend),
      figure(
        'the tables of an append alone',
        'first call of a function that only touches them',
        samples.tables,
      ),
    ],
    skipped: [],
    postgres: await serverFacts(server.adminUrl),
  }
}

/** Numbers the calls of all turns, so that each has a stream and data of its own. */
let callsMade = 0

/** The median over new connections: what the first call of each cost its server process. */
async function firstCalls(
  url: string,
  call: (nth: number) => QueryConfig,
  durationMs: number,
): Promise<Sample> {
  const micros: number[] = []
  const endMs = performance.now() + durationMs
  while (micros.length < CONNECTIONS_MIN || performance.now() < endMs)
    micros.push(await firstCall(url, call((callsMade += 1))))
  const value = median(micros)
  return { value, cpuMicros: { server: value } }
}

async function firstCall(url: string, query: QueryConfig): Promise<number> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const before = await cpuAsleep(client)
    await client.query(query)
    return (await cpuAsleep(client)) - before
  } finally {
    await client.end()
  }
}

async function cpuAsleep(client: Client): Promise<number> {
  await sleep(ASLEEP_AFTER_MS)
  const { processID } = client as Client & { readonly processID: number | null }
  const micros = processID === null ? null : preciseCpuMicrosOf(processID)
  if (micros === null) throw new Error('the server process of a connection has ended')
  return micros
}

function bareCall(name: 'insert_event' | 'touch_tables', tenantId: string, nth: number): QueryConfig {
  const { type, data, metadata } = makeEvent(nth)
  return {
    text: `select bench_first.${name}($1, $2, $3, $4, $5, $6) as answer`,
    values: [tenantId, randomUUID(), randomUUID(), type, JSON.stringify(data), JSON.stringify(metadata)],
  }
}

/** The statement of the store, for any version, without its pool: the connection must be new, and its process known. */
function appendCall(tenantId: string, streamId: string, nth: number): QueryConfig {
  const { type, data, metadata } = makeEvent(nth)
  const events = JSON.stringify([{ s: 1, id: randomUUID(), type, data, metadata }])
  return {
    text: 'select trickle_events_log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as answer',
    values: [tenantId, [streamId], [null], [-1], 1, events, null, null, null, null, null],
  }
}
