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

/** Added to the seed of the faults, so that they do not draw the same numbers as the writers (0 and up) and readers. */
const FAULT_SEED_OFFSET = 2_000_000

/** What two cores manage. A run that is limited by time needs it to choose how many streams it has. */
const APPENDS_PER_MINUTE = 30_000

export interface RunHooks {
  readonly cleanup: Cleanup
  readonly onProgress: (line: string) => void
  /** Called when the server is ready and nothing has been written. A test removes a guard from the schema here. */
  readonly onReady?: (adminUrl: string) => Promise<void>
}

/** Everything that takes part in a run. All of it has been started. */
export interface Cast {
  readonly adminUrl: string
  readonly space: StreamSpace
  /** Holds the writers' ledgers and what the readers have seen. The cleanup removes it, unless it is to be kept. */
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
