import type { options } from '../commands/demo.ts'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { readRun } from '../../local/run/index.ts'
import type { Status } from '../../local/run/index.ts'
import { openClient } from '../client.ts'
import {
  compareCounts,
  comparisonTable,
  countInAnalytics,
  countInPostgres,
  demoTenants,
  makeEvents,
  mayCatchUp,
  sourceOf,
} from '../demo/index.ts'
import type { Comparison, DemoEvent } from '../demo/index.ts'
import { CommandFailure, durationSeconds, integerOption } from '../frame/index.ts'
import type { ContextOf, Screen } from '../frame/index.ts'
import { createReporter, runImport, summaryText, targetOf } from '../import/index.ts'
import type { ImportResult } from '../import/index.ts'

const LARGEST_SEED = 2 ** 32 - 1

export async function run({
  values,
  home,
  print,
  note,
  screen,
  interruption,
}: ContextOf<typeof options>): Promise<number | void> {
  const seed = integerOption(values.seed, '--seed', { min: 0, max: LARGEST_SEED })
  const timeoutMs = durationSeconds(values.timeout, '--timeout') * 1000
  const { state, status } = readRun(home)
  if (state !== 'ready') {
    throw new CommandFailure('NOT_RUNNING', `Trickle is ${state} (${home}). Start it with npm start.`)
  }
  const events = makeEvents(seed)
  const source = sourceOf(seed)
  await makeTenants(home, interruption())
  const { counts, seconds } = await importEvents(events, home, screen, interruption())
  note(summaryText(counts, seconds))
  const look = async (): Promise<Comparison> => await compare(status, events, source)
  const comparison = await compareUntilEqual(look, timeoutMs, interruption())
  const { rows, total, isEqual } = comparison
  print(
    {
      seed,
      source,
      import: { ...counts, seconds: Number(seconds.toFixed(3)) },
      counts: rows,
      total,
      isEqual,
    },
    `${comparisonTable(comparison)}\n\n${verdict(comparison, values.timeout)}`,
  )
  return isEqual ? 0 : 1
}

const createdSchema = z.object({ created: z.int(), existing: z.int() })

async function makeTenants(home: string, signal: AbortSignal): Promise<void> {
  const client = openClient({ home, roles: ['operator'] })
  const tenants = demoTenants.map(({ slug, name }) => ({ slug, name }))
  await client.json('/api/tenants/bulk', createdSchema, { json: { tenants }, signal })
}

/** Long enough for a Functions host that is restarting. */
const RETRY_FOR_MS = 30_000

async function importEvents(
  events: readonly DemoEvent[],
  home: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<ImportResult> {
  return await runImport({
    source: { kind: 'stream', stream: Readable.from(piecesOf(events)) },
    format: { kind: 'ndjson', delimiter: '' },
    mapping: null,
    target: targetOf({ home, tenant: null, createTenants: false }),
    tenant: null,
    rejectsFile: join(home, 'imports', 'demo.rejects.ndjson'),
    progressFile: null,
    restart: false,
    retryForMs: RETRY_FOR_MS,
    reporter: createReporter(screen),
    signal,
  })
}

/** The import gets this many lines at a time. */
const PIECE_EVENTS = 500

function* piecesOf(events: readonly DemoEvent[]): Generator<Buffer> {
  for (let from = 0; from < events.length; from += PIECE_EVENTS) {
    const lines = events.slice(from, from + PIECE_EVENTS).map((event) => `${JSON.stringify(event)}\n`)
    yield Buffer.from(lines.join(''))
  }
}

type Servers = Pick<NonNullable<Status>, 'analytics' | 'postgres'>

async function compare(
  { analytics, postgres }: Servers,
  events: readonly DemoEvent[],
  source: string,
): Promise<Comparison> {
  if (!analytics || !postgres)
    throw new CommandFailure('NOT_RUNNING', 'The demo needs the local run: npm start')
  const stored = await countInPostgres(postgres.inspector, source)
  return compareCounts({
    made: events.map(({ tenant, type }) => ({ tenant, type, count: 1 })),
    postgres: stored.counts,
    analytics: await countInAnalytics(analytics, source, stored.slugs),
  })
}

/** Forwarding runs every two seconds, so looking twice a second is often enough. */
const POLL_MS = 500

/** Compares again and again, until analytics has what PostgreSQL has, or the time is over. */
async function compareUntilEqual(
  look: () => Promise<Comparison>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Comparison> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const comparison = await look()
    if (!mayCatchUp(comparison) || Date.now() >= deadline) return comparison
    await delay(POLL_MS, undefined, { signal })
  }
}

function verdict(comparison: Comparison, timeout: string): string {
  const { isEqual, total } = comparison
  if (isEqual) return `The same everywhere: ${total.made} events of ${demoTenants.length} tenants.`
  if (mayCatchUp(comparison)) {
    return `They differ: analytics lacks ${total.postgres - total.analytics} events after ${timeout}.`
  }
  return `They differ: ${total.made} made, ${total.postgres} in PostgreSQL, ${total.analytics} in analytics.`
}
