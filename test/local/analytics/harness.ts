import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { QueueServiceClient } from '@azure/storage-queue'
import { Client, ClientRequestProperties, KustoConnectionStringBuilder } from 'azure-kusto-data'
import { BlobDescriptor, DataFormat, IngestClient, StreamDescriptor } from 'azure-kusto-ingest'
import type { IngestionProperties } from 'azure-kusto-ingest'
import { startAnalytics } from '../../../local/analytics/index.ts'
import type { RunningAnalytics } from '../../../local/analytics/index.ts'
import { startStorage } from '../../../local/storage/index.ts'
import type { RunningStorage } from '../../../local/storage/index.ts'

/** What the SDK takes as ingestion properties (it exports no name for it). */
export type Properties = NonNullable<ConstructorParameters<typeof IngestionProperties>[0]>

export const DATABASE_NAME = 'trickle'
export const kqlFolder = fileURLToPath(new URL('../../../infra/kql', import.meta.url))

/** The real services of one test file, in a folder of their own. */
export interface Harness {
  readonly folder: string
  readonly storage: RunningStorage
  readonly analytics: RunningAnalytics
  /** Stops the stand-in and starts it again on the same data, on another port. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function startHarness(): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), 'trickle-analytics-'))
  const storage = await startStorage({ dataFolder: join(folder, 'storage') })
  const start = (): Promise<RunningAnalytics> =>
    startAnalytics({
      dataFolder: join(folder, 'analytics'),
      kqlFolder,
      database: DATABASE_NAME,
      storage: storage.connectionString,
    })
  let analytics = await start()
  return {
    folder,
    storage,
    get analytics() {
      return analytics
    },
    restart: async () => {
      await analytics.stop()
      analytics = await start()
    },
    close: async () => {
      await analytics.stop()
      await storage.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function dataClient(url: string): Client {
  return new Client(builder(url))
}

function builder(url: string): KustoConnectionStringBuilder {
  return new KustoConnectionStringBuilder(url)
}

/** The rows of a query, or of a command when the text begins with a dot, by the real data SDK. */
export async function ask(
  url: string,
  text: string,
  parameters: Readonly<Record<string, unknown>> = {},
  database = DATABASE_NAME,
): Promise<Record<string, unknown>[]> {
  const client = dataClient(url)
  try {
    const properties = new ClientRequestProperties({}, { ...parameters })
    const answer = await client.execute(database, text, properties)
    const [table] = answer.primaryResults
    if (table === undefined) throw new Error('The answer has no primary result.')
    return [...table.rows()].map((row) => row.toJSON<Record<string, unknown>>())
  } finally {
    client.close()
  }
}

export async function countRows(url: string, source: string): Promise<number> {
  const [row] = await ask(url, `${source} | count`)
  return Number(row?.['Count'])
}

export function ingestClient(url: string): IngestClient {
  return new IngestClient(builder(url))
}

/** NDJSON, compressed. */
export function ndjson(records: readonly unknown[]): { raw: Buffer; gzip: Buffer } {
  const raw = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  return { raw, gzip: gzipSync(raw, { level: 1 }) }
}

/** The properties that the forwarder sends; built for each call. */
export function eventProperties(more: Properties = {}): Properties {
  return {
    database: DATABASE_NAME,
    table: 'EventsRaw',
    format: DataFormat.JSON,
    ingestionMappingReference: 'EventsJson',
    ...more,
  }
}

/** Uploads a text and orders its ingestion, as the forwarder does: explicit blob name, size and source id. */
export async function sendText(
  url: string,
  blobName: string,
  bytes: Buffer,
  rawSize: number,
  properties: Properties,
  sourceId?: string,
): Promise<string> {
  const client = ingestClient(url)
  try {
    const blobUrl = await client.uploadToBlobWithRetry(
      new StreamDescriptor(bytes as unknown as Readable),
      blobName,
    )
    await client.ingestFromBlob(new BlobDescriptor(blobUrl, rawSize, sourceId), properties)
    return blobUrl
  } finally {
    client.close()
  }
}

export async function sendRecords(
  url: string,
  blobName: string,
  records: readonly unknown[],
  properties: Properties = eventProperties(),
): Promise<string> {
  const { raw, gzip } = ndjson(records)
  return await sendText(url, `${blobName}.json.gz`, gzip, raw.length, properties)
}

/** An event as the forwarder writes it. */
export function event(position: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    TenantId: 'tenant-a',
    Source: '',
    EventId: `event-${position}`,
    StreamId: `stream-${position % 10}`,
    Version: position,
    EventType: position % 2 === 0 ? 'order.placed' : 'order.paid',
    OccurredAt: '2026-03-01T10:00:00.123456Z',
    RecordedAt: '2026-03-01T10:00:01Z',
    SchemaVersion: 1,
    Payload: { number: position, text: `text ${position}` },
    Metadata: null,
    TraceParent: '',
    CorrelationId: '',
    CausationId: '',
    Position: position,
    BatchId: 'batch-1',
    ...more,
  }
}

/** Messages that are not carried out yet, hidden ones included: a message goes only when its rows are committed. */
export async function pendingMessages(storage: RunningStorage): Promise<number> {
  const service = QueueServiceClient.fromConnectionString(storage.connectionString)
  let pending = 0
  for await (const { name } of service.listQueues()) {
    if (!name.includes('-ready-')) continue
    const properties = await service.getQueueClient(name).getProperties()
    pending += properties.approximateMessagesCount ?? 0
  }
  return pending
}

/** A request as no SDK sends it, with the token of the url; `fetch` takes no url with credentials. */
export async function call(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  const { origin, password } = new URL(url)
  const headers = new Headers(init.headers)
  if (password !== '') headers.set('authorization', `Bearer ${password}`)
  return await fetch(`${origin}${path}`, { ...init, headers })
}

/** Sets the fault rules of a stand-in. */
export async function setFaults(faultsUrl: string, rules: readonly unknown[], seed = 1): Promise<Response> {
  return await fetch(faultsUrl, { method: 'POST', body: JSON.stringify({ seed, rules }) })
}
