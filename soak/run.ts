import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectAdmin, FaultyProxy, ForeignLoad, killBackends, rollBackLostPrepared } from './faults/index.ts'
import { Random, streamSpaceFor, tenantSlug, type StreamSpace } from './plan/index.ts'
import {
  READER_PLANS,
  type FromReaders,
  type ReaderState,
  type Scope,
  type ToReaders,
} from './readers/index.ts'
import { reconcile } from './reconcile/index.ts'
import type { RunFaults, SoakResult } from './result.ts'
import { Cleanup, startChild, startSoakServer, WriterFleet, type SoakServer } from './stage/index.ts'
import { PREPARED_PREFIX } from './writers/index.ts'
import type { SoakOptions } from './options.ts'

/** So that what befalls a run does not draw the numbers of its writers (incarnations from 0) and readers. */
const FAULT_SEED_OFFSET = 2_000_000

/** From here on a transaction of somebody else stands open in each database until the readers are through. */
const FOREIGN_STANDS_FROM = 0.9

const LOOK_EVERY_MS = 100

/** Of a run whose length is a time, to size its streams: what two cores manage. */
const APPENDS_PER_MINUTE = 60_000

export interface RunHooks {
  readonly cleanup: Cleanup
  readonly onProgress: (line: string) => void
  /** Told when the server is ready and nothing has been written; a test takes a guard out of the schema here. */
  readonly onReady?: (adminUrl: string) => Promise<void>
}

/**
 * One run: writers write, readers read, things go wrong, and at the end everything is reconciled. What it found stands in
 * the result; it throws only when it could not be carried out.
 */
export async function runSoak(
  options: SoakOptions,
  { cleanup, onProgress, onReady }: RunHooks,
): Promise<SoakResult> {
  const startedAtMs = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'trickle-soak-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true }))
  const appends = options.minutes === null ? options.appends : options.minutes * APPENDS_PER_MINUTE
  const space = streamSpaceFor(appends)
  const server = await cleanup.start(
    startSoakServer({
      durable: options.durable,
      version: options.postgres,
      tenants: Array.from({ length: space.tenants }, (_, tenant) => tenantSlug(tenant)),
    }),
    (started) => started.dispose(),
  )
  await onReady?.(server.adminUrl)
  const random = new Random(options.seed + FAULT_SEED_OFFSET)
  const proxy = await cleanup.start(FaultyProxy.start(server.adminUrl, random), (started) => started.close())
  const readers = startReaders(options, server, space, folder, cleanup)
  const fleet = new WriterFleet({
    ...options,
    appends: options.minutes === null ? appends : Number.MAX_SAFE_INTEGER,
    space,
    folder,
    random,
    appUrl: server.url('trickle_app'),
    proxiedAppUrl: proxy.url(server.url('trickle_app')),
  })
  cleanup.add(async () => fleet.kill())
  const foreign = await cleanup.start(
    ForeignLoad.start([server.adminUrl, server.otherAdminUrl], random),
    (started) => started.stop(),
  )
  const backends: Record<string, number> = {}
  const ending = new AbortController()
  cleanup.add(async () => ending.abort())
  const beside = Promise.all([
    killBackends(server.adminUrl, random, options.killEveryMs * 2, backends, ending.signal),
    rollBackLostPrepared(server.adminUrl, PREPARED_PREFIX, ending.signal),
    direct(options, startedAtMs, fleet, foreign, readers.states, onProgress),
  ])
  await Promise.race([fleet.done, beside.then(() => fleet.done), readers.ended])
  ending.abort()
  const [, preparedRolledBack] = await beside
  const writtenMs = Date.now() - startedAtMs
  await foreign.stopLoops()
  onProgress('the writers have ended; the readers read on beside transactions of others that stand open')
  const sentinel = await countsOf(
    server.adminUrl,
    READER_PLANS.map(({ scope }) => scope),
  )
  readers.until(sentinel)
  await readers.ended
  const caughtUpMs = Date.now() - startedAtMs
  const deadlocks = await deadlocksOf(server.adminUrl)
  await foreign.stop()
  onProgress('reconciling')
  const reconciliation = await reconcile({
    adminUrl: server.adminUrl,
    space,
    ledgerFiles: fleet.ledgerFiles,
    readers: READER_PLANS,
    folder,
  })
  const faults: RunFaults = {
    backendsKilled: backends,
    writersKilled: fleet.killed,
    connections: proxy.used,
    preparedRolledBack,
    foreign: foreign.counts,
    readers: readers.states(),
    deadlocks,
  }
  return {
    options,
    startedAt: new Date(startedAtMs).toISOString(),
    writtenMs,
    caughtUpMs,
    faults,
    ...reconciliation,
  }
}

/** Follows the writers: kills one when its time has come, opens the standing transactions, tells how far they are. */
async function direct(
  options: SoakOptions,
  startedAtMs: number,
  fleet: WriterFleet,
  foreign: ForeignLoad,
  readers: () => readonly ReaderState[],
  onProgress: (line: string) => void,
): Promise<void> {
  let isDone = false
  const watched = fleet.done.finally(() => {
    isDone = true
  })
  watched.catch(() => {})
  let kills = 0
  let isStanding = false
  let toldAtMs = Date.now()
  while (!isDone) {
    await Promise.race([watched, pause(LOOK_EVERY_MS)])
    const elapsedMs = Date.now() - startedAtMs
    const share =
      options.minutes === null ? fleet.made / options.appends : elapsedMs / (options.minutes * 60_000)
    if (share >= 1 && options.minutes !== null) fleet.stopMaking()
    if (share >= (kills + 1) / (options.writerKills + 1) && kills < options.writerKills) {
      kills += 1
      await fleet.killOne()
    }
    if (share >= FOREIGN_STANDS_FROM && !isStanding) {
      isStanding = true
      await foreign.stand()
    }
    if (Date.now() - toldAtMs >= options.progressEveryMs) {
      toldAtMs = Date.now()
      onProgress(progressLine(options, elapsedMs, fleet, readers()))
    }
  }
}

function progressLine(
  { appends, minutes }: SoakOptions,
  elapsedMs: number,
  fleet: WriterFleet,
  readers: readonly ReaderState[],
): string {
  const goal = minutes === null ? ` of ${appends}` : ''
  const seen = readers.map((reader) => reader.seen).join(' ')
  return `${Math.round(elapsedMs / 1_000)} s: ${fleet.made}${goal} appends, ${fleet.killed} writers killed; readers have seen ${seen}`
}

function startReaders(
  { seed }: SoakOptions,
  server: SoakServer,
  space: StreamSpace,
  folder: string,
  cleanup: Cleanup,
): { states(): readonly ReaderState[]; until(counts: readonly number[]): void; ended: Promise<void> } {
  let states: readonly ReaderState[] = []
  const child = startChild<ToReaders, FromReaders>('soak/readers/main.ts', (message) => {
    states = message.readers
  })
  cleanup.add(async () => child.kill())
  const urls = { appUrl: server.url('trickle_app'), forwarderUrl: server.url('trickle_forwarder') }
  child.send({ type: 'start', orders: { seed, space, readers: READER_PLANS, folder, ...urls } })
  const ended = child.ended.then((code) => {
    if (code !== 0) throw new Error(`the readers ended with ${String(code)}`)
  })
  ended.catch(() => {})
  return { states: () => states, until: (counts) => child.send({ type: 'until', counts }), ended }
}

/** How many events each reader has to see, counted by an administrator. */
async function countsOf(adminUrl: string, scopes: readonly Scope[]): Promise<number[]> {
  const admin = await connectAdmin(adminUrl)
  try {
    const { rows } = await admin.query<{ slug: string; type: string; count: string }>(
      `select t.slug, e.type, count(*) from trickle_events_log.events e
        join trickle_tenants_state.tenants t on t.tenant_id = e.tenant_id group by 1, 2`,
    )
    return scopes.map(({ tenant, types }) =>
      rows
        .filter((row) => tenant === null || row.slug === tenantSlug(tenant))
        .filter((row) => types === null || types.includes(row.type))
        .reduce((sum, row) => sum + Number(row.count), 0),
    )
  } finally {
    await admin.end()
  }
}

async function deadlocksOf(adminUrl: string): Promise<number> {
  const admin = await connectAdmin(adminUrl)
  try {
    const { rows } = await admin.query<{ deadlocks: string }>(
      'select d.deadlocks from pg_stat_database d where d.datname = current_database()',
    )
    return Number(rows[0]?.deadlocks)
  } finally {
    await admin.end()
  }
}
