import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { direct } from './direct.ts'
import { AppendFaults, ForeignLoad, killBackends, rollBackLostPrepared } from './faults/index.ts'
import { countDeadlocks, countEvents } from './log-counts.ts'
import type { SoakOptions } from './options.ts'
import { Random, streamSpaceFor, tenantSlug } from './plan/index.ts'
import { readerPlans } from './readers/index.ts'
import { reconcile } from './reconcile/index.ts'
import type { SoakResult } from './result.ts'
import type { Cleanup } from '../local/process/index.ts'
import { TcpProxy } from '../packages/tcp-proxy/index.ts'
import { startReaders, startSoakServer, WriterFleet } from './stage/index.ts'
import { PREPARED_PREFIX } from './writers/index.ts'

/** So that what befalls a run does not draw the numbers of its writers (incarnations from 0) and readers. */
const FAULT_SEED_OFFSET = 2_000_000

/** Of a run whose length is a time, to size its streams: what two cores manage. */
const APPENDS_PER_MINUTE = 30_000

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
export async function runSoak(options: SoakOptions, hooks: RunHooks): Promise<SoakResult> {
  const { cleanup, onProgress } = hooks
  const startedAtMs = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'trickle-soak-'))
  let isKept = false
  cleanup.add(async () => {
    if (!isKept) await rm(folder, { recursive: true, force: true })
  })
  const space = streamSpaceFor(Math.min(options.appends, (options.minutes ?? Infinity) * APPENDS_PER_MINUTE))
  const tenants = Array.from({ length: space.tenants }, (_, tenant) => tenantSlug(tenant))
  const server = await cleanup.start(
    startSoakServer({ durable: options.durable, version: options.postgres, tenants }),
    (started) => started.dispose(),
  )
  const { adminUrl } = server
  await hooks.onReady?.(adminUrl)
  const random = new Random(options.seed + FAULT_SEED_OFFSET)
  const urls = { appUrl: server.url('trickle_app'), forwarderUrl: server.url('trickle_forwarder') }
  const faults = new AppendFaults(random, options.cutsPerThousand / 1_000)
  const proxy = await cleanup.start(TcpProxy.start(adminUrl, faults), (started) => started.close())
  const readers = startReaders({ seed: options.seed, space, readers: readerPlans, folder, ...urls })
  cleanup.add(() => readers.kill())
  const foreign = await cleanup.start(
    ForeignLoad.start([adminUrl, server.otherAdminUrl], random),
    (started) => started.stop(),
  )
  const ending = new AbortController()
  cleanup.add(async () => ending.abort())
  const fleet = new WriterFleet({
    ...options,
    space,
    folder,
    random,
    appUrl: urls.appUrl,
    proxiedAppUrl: proxy.url(urls.appUrl),
  })
  cleanup.add(async () => fleet.kill())
  const backendsKilled: Record<string, number> = {}
  const beside = Promise.all([
    killBackends(adminUrl, random, options.killEveryMs * 2, backendsKilled, ending.signal),
    rollBackLostPrepared(adminUrl, PREPARED_PREFIX, ending.signal),
    direct(options, { startedAtMs, fleet, foreign, readers, onProgress }),
  ])
  // Whatever fails first ends the run: without readers or without faults it would show nothing.
  await Promise.race([fleet.done, beside.then(() => fleet.done), readers.ended])
  ending.abort()
  const [, preparedRolledBack] = await beside
  const writtenMs = Date.now() - startedAtMs
  await foreign.stopLoops()
  onProgress('the writers have ended; the readers read on beside transactions of others that stand open')
  readers.until(await countEvents(adminUrl, readerPlans))
  await readers.ended
  const caughtUpMs = Date.now() - startedAtMs
  const deadlocks = await countDeadlocks(adminUrl)
  await foreign.stop()
  onProgress('reconciling')
  const ledgerFiles = fleet.ledgerFiles
  const found = await reconcile({ adminUrl, space, ledgerFiles, readers: readerPlans, folder })
  // What a breach is looked into with.
  isKept = found.breaches.length > 0
  return {
    options,
    keptFolder: isKept ? folder : null,
    startedAt: new Date(startedAtMs).toISOString(),
    writtenMs,
    caughtUpMs,
    faults: {
      backendsKilled,
      writersKilled: fleet.killed,
      connections: faults.used,
      preparedRolledBack,
      foreign: foreign.counts,
      readers: readers.states(),
      deadlocks,
    },
    ...found,
  }
}
