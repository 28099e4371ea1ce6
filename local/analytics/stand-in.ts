import { accessSync, constants, mkdirSync } from 'node:fs'
import { LocalFailure, fileFailure } from '../failure/index.ts'
import { newSecret, urlWithSecret } from '../loopback/index.ts'
import { holdFolder, parseConnectionString } from '../storage/index.ts'
import { runScripts } from './commands/index.ts'
import type { CommandContext } from './commands/index.ts'
import { instanceName, openDatabase } from './engine/index.ts'
import type { EngineDatabase } from './engine/index.ts'
import { createFaultDoor } from './faults/index.ts'
import { QueueWorker, createWake, sweepBlobs } from './ingestion/index.ts'
import { createDispatch, FAULTS_PATH, serve } from './server/index.ts'
import { createStorageProxy, prepareResources, queueNames, resourceUris } from './storage/index.ts'
import type { StorageResources } from './storage/index.ts'

export interface AnalyticsOptions {
  /** If it is 0 or absent, a free port is picked. */
  readonly port?: number
  /** Made if it is missing. */
  readonly dataFolder: string
  /** The .kql files that are run at each start, in the order of their names. */
  readonly kqlFolder: string
  /** The name of the one database. */
  readonly database: string
  /** Connection string of the storage account (Azurite). */
  readonly storage: string
  /** What callers have to present. Absent: one is made. A run passes its own, which stays valid when this restarts. */
  readonly secret?: string | undefined
  /** Host names of a proxy in front of the stand-in, in addition to those of this machine. */
  readonly moreHosts?: readonly string[]
  /** Called with one line for each trouble that no caller gets to see. */
  readonly log?: (line: string) => void
}

export interface RunningAnalytics {
  /** For the SDK's connection string; holds the secret. */
  readonly url: string
  /** The secret alone, for clients that send it as a bearer token. */
  readonly token: string
  readonly database: string
  /** Holds the secret as well. */
  readonly faultsUrl: string
  stop(): Promise<void>
}

/**
 * Starts the stand-in in this process and waits until it serves.
 * @throws LocalFailure PORT_TAKEN, DATA_FOLDER_IN_USE, DATA_FOLDER_BROKEN, DATA_FOLDER_OTHER_VERSION, NOT_A_HOME,
 *   PERMISSION_MISSING, SERVER_UNREACHABLE (storage), PART_FAILED (a KQL command, with file and line)
 */
export async function startAnalytics(options: AnalyticsOptions): Promise<RunningAnalytics> {
  prepareFolder(options.dataFolder)
  const steps: (() => Promise<void> | void)[] = []
  const stop = async (): Promise<void> => {
    // The last started is stopped first, so that no running part uses a part that is closed already.
    for (const step of steps.splice(0).toReversed()) await step()
  }
  const hold = holdFolder(options.dataFolder, 'analytics')
  steps.push(() => {
    hold.release()
  })
  try {
    const database = openDatabase(options.dataFolder)
    steps.push(() => {
      database.close()
    })
    const running = await assemble(options, database, (step) => steps.push(step))
    return { ...running, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function prepareFolder(dataFolder: string): void {
  try {
    mkdirSync(dataFolder, { recursive: true })
    accessSync(dataFolder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw fileFailure(error, dataFolder) ?? error
  }
}

/** Starts everything on an open database. For each started part `onStop` gets a step with which the caller stops it. */
async function assemble(
  options: AnalyticsOptions,
  database: EngineDatabase,
  onStop: (step: () => Promise<void> | void) => void,
): Promise<Omit<RunningAnalytics, 'stop'>> {
  const log = options.log ?? (() => undefined)
  const resources = await connectStorage(options.storage, database)
  const contextFor = (origin: string): CommandContext => ({
    database,
    databaseName: options.database,
    resources: () => resourceUris(resources, origin),
  })
  await runScripts(options.kqlFolder, contextFor('http://127.0.0.1'))
  const faults = createFaultDoor()
  const wake = createWake()
  const stopping = new AbortController()
  const proxy = createStorageProxy({ ...resources.facts, queueNames: queueNames(resources) })
  const secret = options.secret ?? newSecret()
  let origin = 'http://127.0.0.1'
  const dispatch = createDispatch({
    contextFor,
    ownOrigin: () => origin,
    secret,
    moreHosts: options.moreHosts ?? [],
    proxy,
    faults,
    wake,
    signal: stopping.signal,
  })
  const server = await serve(options.port ?? 0, dispatch)
  origin = server.origin
  onStop(async () => {
    stopping.abort()
    await server.close()
  })
  const worker = new QueueWorker({ database, databaseName: options.database, resources, faults, wake, log })
  onStop(() => worker.stop())
  onStop(startSweeping(database, resources, log))
  return {
    url: urlWithSecret(origin, secret),
    token: secret,
    database: options.database,
    faultsUrl: `${origin}${FAULTS_PATH}?code=${secret}`,
  }
}

async function connectStorage(connectionString: string, database: EngineDatabase): Promise<StorageResources> {
  const facts = parseConnectionString(connectionString)
  try {
    return await prepareResources(facts, instanceName(database.writer))
  } catch (cause) {
    throw new LocalFailure({
      code: 'SERVER_UNREACHABLE',
      what: `Storage does not answer: ${cause instanceof Error ? cause.message : String(cause)}.`,
      where: `${facts.blobUrl} and ${facts.queueUrl}`,
      mend: 'Start the storage first, and give its connection string in TRICKLE_LOCAL_STORAGE.',
      cause,
    })
  }
}

/** Old blobs cost little, so a sweep every ten minutes is enough. */
const SWEEP_EVERY_MS = 10 * 60 * 1000

function startSweeping(
  database: EngineDatabase,
  resources: StorageResources,
  log: (line: string) => void,
): () => void {
  const timer = setInterval(() => {
    sweepBlobs(database, resources.blobService, Date.now()).catch((error: unknown) => {
      log(`Old blobs could not be removed: ${String(error)}`)
    })
  }, SWEEP_EVERY_MS)
  return () => {
    clearInterval(timer)
  }
}
