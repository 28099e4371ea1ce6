import { setTimeout as pause } from 'node:timers/promises'
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import { TenantDirectory } from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { makeForeignObjects } from '../faults/index.ts'
import type { ForeignOptions } from '../options.ts'
import type { Cleanup } from '../../local/process/index.ts'
import { startSoakServer } from '../stage/index.ts'
import type { SoakServer } from '../stage/index.ts'
import { idleWriter, longRefresh } from './foreigners.ts'
import type { Foreigner } from './foreigners.ts'
import { byFeed, byPlainXmin, Watcher } from './watchers.ts'

/** Milliseconds from an append's answer until a reader that polls every 50 ms has seen the event. */
export interface Delays {
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export interface ForeignCase {
  readonly name: string
  readonly appends: number
  /** Events that the feed had not shown when the foreign transaction was ended. */
  readonly missing: number
  readonly feed: Delays
  /** The delays of a feed that shows only what lies before the server's oldest running transaction. */
  readonly plainXmin: Delays
}

export interface ForeignResult {
  readonly options: ForeignOptions
  readonly cases: readonly ForeignCase[]
}

const TENANT = 'soak-foreign'

/** Time for the feed after the last append. After it the foreign transaction is ended, seen or not. */
const SEEN_WITHIN_MS = 10_000

export async function runForeign(
  options: ForeignOptions,
  {
    cleanup,
    onProgress,
    onReady,
  }: {
    cleanup: Cleanup
    onProgress: (line: string) => void
    /** As in runSoak. */
    onReady?: (adminUrl: string) => Promise<void>
  },
): Promise<ForeignResult> {
  const server = await cleanup.start(
    startSoakServer({ ...options, version: options.postgres, tenants: [TENANT] }),
    (started) => started.dispose(),
  )
  const { adminUrl, otherAdminUrl } = server
  for (const url of [adminUrl, otherAdminUrl]) await makeForeignObjects(url, 0)
  await onReady?.(adminUrl)
  const app = new Database({ url: server.url('trickle_app'), connectionsMax: 1, statements: 'unnamed' })
  cleanup.add(() => app.end())
  const tenant = await new TenantDirectory(app, 'slug').resolve(TENANT)
  const stage = { options, server, tenant, store: new PostgresEventStore(app) }
  const cases: ForeignCase[] = []
  for (const [name, begin] of [
    ['nobody beside', async () => ({ end: async () => {} })],
    ['refresh concurrently, same database', () => longRefresh(adminUrl)],
    ['refresh concurrently, another database', () => longRefresh(otherAdminUrl)],
    ['idle transaction that has written, same database', () => idleWriter(adminUrl)],
    ['idle transaction that has written, another database', () => idleWriter(otherAdminUrl)],
  ] satisfies (readonly [string, () => Promise<Foreigner>])[]) {
    onProgress(`${name}: ${options.seconds} s`)
    cases.push(await measure(stage, name, begin))
  }
  return { options, cases }
}

interface Stage {
  readonly options: ForeignOptions
  readonly server: SoakServer
  readonly tenant: TenantContext
  readonly store: PostgresEventStore
}

async function measure(stage: Stage, name: string, begin: () => Promise<Foreigner>): Promise<ForeignCase> {
  const forwarderUrl = stage.server.url('trickle_forwarder')
  const feed = new Watcher(forwarderUrl, byFeed)
  const plain = new Watcher(forwarderUrl, byPlainXmin)
  const foreigner = await begin()
  const answeredAtMs = await appendSteadily(stage)
  const ids = [...answeredAtMs.keys()]
  await feed.sees(ids, SEEN_WITHIN_MS)
  const missing = ids.filter((id) => !feed.seenAtMs.has(id)).length
  await foreigner.end()
  await Promise.all([feed.sees(ids, SEEN_WITHIN_MS), plain.sees(ids, SEEN_WITHIN_MS)])
  await Promise.all([feed.end(), plain.end()])
  return {
    name,
    appends: ids.length,
    missing,
    feed: delaysOf(answeredAtMs, feed.seenAtMs),
    plainXmin: delaysOf(answeredAtMs, plain.seenAtMs),
  }
}

/** One append after the other, at the rate that was asked for. @returns when each event's append was answered */
async function appendSteadily({ options, tenant, store }: Stage): Promise<Map<string, number>> {
  const { seconds, appendsPerSecond } = options
  const answeredAtMs = new Map<string, number>()
  const startedAtMs = performance.now()
  for (let nth = 0; nth < seconds * appendsPerSecond; nth += 1) {
    const dueAtMs = startedAtMs + (nth * 1_000) / appendsPerSecond
    await pause(Math.max(0, dueAtMs - performance.now()))
    const { events } = await store.append(tenant, {
      streamId: `stream-${nth % 100}`,
      expected: { mode: 'any' },
      events: [{ type: 'Noted', data: { nth } }],
    })
    for (const { id } of events) answeredAtMs.set(id, performance.now())
  }
  return answeredAtMs
}

function delaysOf(answered: ReadonlyMap<string, number>, seen: ReadonlyMap<string, number>): Delays {
  const delays = [...answered]
    .map(([id, atMs]) => Math.max(0, (seen.get(id) ?? Number.POSITIVE_INFINITY) - atMs))
    .sort((a, b) => a - b)
  const at = (share: number): number => Math.round(delays[Math.ceil(delays.length * share) - 1] ?? 0)
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}
