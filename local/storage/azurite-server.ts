import { createRequire } from 'node:module'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { refusalOf } from '../loopback/index.ts'
import { holdAnswersUntilSaved } from './durable-answers.ts'
import type { LokiDatabase } from './durable-answers.ts'

/** The parts of Azurite's server classes that are used here (3.35.0; no public interface, so the version is pinned). */
interface AzuriteServer {
  readonly httpServer: Server
  readonly metadataStore: { readonly db: LokiDatabase }
  readonly extentMetadataStore: { readonly db: LokiDatabase }
  start(): Promise<void>
  close(): Promise<void>
  getHttpServerAddress(): string
}

interface AzuriteModule<Instance> {
  readonly default: new (...options: readonly unknown[]) => Instance
}

export type AzuriteService = 'blob' | 'queue'

export interface RunningAzurite {
  /** For example http://127.0.0.1:10000 */
  readonly origin: string
  close(): Promise<void>
}

/**
 * Starts one of Azurite's services in this process, with durable answers.
 * `AZURITE_ACCOUNTS` must be set before this call, since Azurite reads the accounts from it. No telemetry is started.
 * @throws the system's error (EADDRINUSE, EACCES) when the port or the folder is refused
 */
export async function startAzurite(
  service: AzuriteService,
  dataFolder: string,
  port: number,
): Promise<RunningAzurite> {
  const { Configuration, Server } = azuriteClasses(service)
  const server = new Server.default(new Configuration.default(...configurationOf(service, dataFolder, port)))
  await server.start()
  refuseForeign(server.httpServer)
  holdAnswersUntilSaved(server.httpServer, [server.extentMetadataStore.db, server.metadataStore.db])
  return {
    origin: server.getHttpServerAddress(),
    close: async () => {
      await server.close()
    },
  }
}

const load = createRequire(import.meta.url)

function azuriteClasses(service: AzuriteService): {
  Configuration: AzuriteModule<unknown>
  Server: AzuriteModule<AzuriteServer>
} {
  // Azurite's command line would take twice as long: it starts a third server (tables, unused) and loads SQL drivers.
  const folder = `azurite/dist/src/${service}`
  const prefix = service === 'blob' ? 'Blob' : 'Queue'
  return {
    Configuration: load(`${folder}/${prefix}Configuration`) as AzuriteModule<unknown>,
    Server: load(`${folder}/${prefix}Server`) as AzuriteModule<AzuriteServer>,
  }
}

/** How many files data is appended to at the same time; Azurite's own number. */
const WRITE_CONCURRENCY = 50
/** Seconds an idle connection is kept; Azurite's own number. */
const KEEP_ALIVE_SECONDS = 5

function configurationOf(service: AzuriteService, dataFolder: string, port: number): readonly unknown[] {
  const persistence = [
    { locationId: 'Default', locationPath: join(dataFolder, service), maxConcurrency: WRITE_CONCURRENCY },
  ]
  const logAccess = false
  const logDebug = false
  // Unknown headers and parameters are ignored, and SDKs newer than Azurite's API version are served.
  const loose = true
  const skipApiVersionCheck = true
  return [
    '127.0.0.1',
    port,
    KEEP_ALIVE_SECONDS,
    join(dataFolder, `${service}.json`),
    join(dataFolder, `${service}-extents.json`),
    persistence,
    logAccess,
    undefined,
    logDebug,
    undefined,
    loose,
    skipApiVersionCheck,
  ]
}

/** Refuses requests of web pages before Azurite sees them. Azurite's keys do not stop requests that need no key. */
function refuseForeign(server: Server): void {
  const listeners = server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    const refusal = refusalOf(request)
    if (refusal === undefined) for (const listener of listeners) listener.call(server, request, response)
    else {
      request.resume()
      response.writeHead(403, { 'content-type': 'text/plain' })
      response.end(`${refusal}\n`)
    }
  })
}
