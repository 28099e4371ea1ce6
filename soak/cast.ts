import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cleanup } from '../local/process/index.ts'
import { TcpProxy } from '../packages/tcp-proxy/index.ts'
import { AppendFaults, ForeignLoad } from './faults/index.ts'
import type { SoakOptions } from './options.ts'
import { Random, streamSpaceFor, tenantSlug } from './plan/index.ts'
import type { StreamSpace } from './plan/index.ts'
import { readerPlans } from './readers/index.ts'
import { startReaders, startSoakServer, WriterFleet } from './stage/index.ts'
import type { ReadersProcess } from './stage/index.ts'

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

/** What takes part in a run, started. */
export interface Cast {
  readonly adminUrl: string
  readonly space: StreamSpace
  /** Ledgers of the writers and what the readers have seen. It goes with the cleanup, unless it is kept. */
  readonly folder: RunFolder
  readonly random: Random
  readonly faults: AppendFaults
  readonly readers: ReadersProcess
  readonly foreign: ForeignLoad
  readonly fleet: WriterFleet
}

export async function openCast(options: SoakOptions, { cleanup, onReady }: RunHooks): Promise<Cast> {
  const folder = makeFolder(cleanup)
  const space = streamSpaceFor(Math.min(options.appends, (options.minutes ?? Infinity) * APPENDS_PER_MINUTE))
  const tenants = Array.from({ length: space.tenants }, (_, tenant) => tenantSlug(tenant))
  const server = await cleanup.start(
    startSoakServer({ durable: options.durable, version: options.postgres, tenants }),
    (started) => started.dispose(),
  )
  const { adminUrl } = server
  await onReady?.(adminUrl)
  const random = new Random(options.seed + FAULT_SEED_OFFSET)
  const urls = {
    appUrl: server.url('trickle_app'),
    forwarderUrl: server.url('trickle_forwarder'),
    workerUrl: server.url('trickle_worker'),
  }
  const faults = new AppendFaults(random, options.cutsPerThousand / 1_000)
  const proxy = await cleanup.start(TcpProxy.start(adminUrl, faults), (started) => started.close())
  const readers = startReaders({
    seed: options.seed,
    space,
    readers: readerPlans,
    folder: folder.path,
    ...urls,
  })
  cleanup.add(() => readers.kill())
  const foreign = await cleanup.start(
    ForeignLoad.start([adminUrl, server.otherAdminUrl], random),
    (started) => started.stop(),
  )
  const fleet = new WriterFleet({
    ...options,
    space,
    folder: folder.path,
    random,
    appUrl: urls.appUrl,
    proxiedAppUrl: proxy.url(urls.appUrl),
  })
  cleanup.add(async () => fleet.kill())
  return { adminUrl, space, folder, random, faults, readers, foreign, fleet }
}

export interface RunFolder {
  readonly path: string
  isKept: boolean
}

function makeFolder(cleanup: Cleanup): RunFolder {
  const folder: RunFolder = { path: mkdtempSync(join(tmpdir(), 'trickle-soak-')), isKept: false }
  cleanup.add(async () => {
    if (!folder.isKept) await rm(folder.path, { recursive: true, force: true })
  })
  return folder
}
