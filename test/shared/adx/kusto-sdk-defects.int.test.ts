import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { KustoConnectionStringBuilder } from 'azure-kusto-data'
import {
  BlobDescriptor,
  CompressionType,
  DataFormat,
  IngestClient,
  StreamDescriptor,
  StreamingIngestClient,
} from 'azure-kusto-ingest'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startRecordingKustoService } from './recording-kusto-service.ts'
import type { RecordingKustoService } from './recording-kusto-service.ts'

/**
 * Defects of azure-kusto-ingest 7.0.1 that our sender goes around. Each test shows one of them and fails when an
 * upgrade mends it: then the detour may go.
 */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

type Properties = NonNullable<Parameters<IngestClient['ingestFromBlob']>[1]>

let service: RecordingKustoService

beforeEach(async () => {
  service = await startRecordingKustoService()
})

afterEach(async () => {
  await service.close()
})

const basic: Properties = { database: 'db', table: 'T', format: DataFormat.JSON }
const SOURCE_ID = 'a81bc81b-dead-4e5d-abff-90865d1e13b1'
const RAW = Buffer.from('{"a":1}\n')

function client(defaults?: Properties): IngestClient {
  return new IngestClient(new KustoConnectionStringBuilder(service.url), defaults ?? null)
}

function asStream(buffer: Buffer): Readable {
  return buffer as unknown as Readable
}

function additional(index: number): Record<string, unknown> {
  return (service.messages[index]?.['AdditionalProperties'] ?? {}) as Record<string, unknown>
}

describe('defect a: ingestFromStream loses the size and the source id that it was given', () => {
  test('so the service measures the blob alone and reports under an id that nobody knows', async () => {
    const descriptor = new StreamDescriptor(Readable.from([RAW]), SOURCE_ID, CompressionType.None, RAW.length)
    await client().ingestFromStream(descriptor, basic)
    expect(service.messages).toHaveLength(1)
    expect(service.messages[0]?.['RawDataSize']).toBeNull()
    expect(service.messages[0]?.['Id']).not.toBe(SOURCE_ID)
  })

  test('the detour keeps both: uploadToBlobWithRetry, then ingestFromBlob', async () => {
    const sender = client()
    const blobUrl = await sender.uploadToBlobWithRetry(new StreamDescriptor(asStream(RAW)), 'named.json')
    await sender.ingestFromBlob(new BlobDescriptor(blobUrl, RAW.length, SOURCE_ID), basic)
    expect(service.messages[0]).toMatchObject({ RawDataSize: RAW.length, Id: SOURCE_ID })
    expect(service.blobs[0]?.name).toBe('named.json')
  })
})

describe('defect b: the queued client never compresses a stream', () => {
  test('the bytes go up as they are', async () => {
    await client().ingestFromStream(new StreamDescriptor(Readable.from([RAW])), basic)
    expect(service.blobs[0]?.bytes).toEqual(RAW)
  })

  test('and a stream that says gzip gets a name with two dots', async () => {
    const compressed = new StreamDescriptor(Readable.from([gzipSync(RAW)]), SOURCE_ID, CompressionType.GZIP)
    await client().ingestFromStream(compressed, basic)
    expect(service.blobs[0]?.name).toBe(`db__T__${SOURCE_ID}.json..gz`)
  })
})

test('defect c: tags and ingestIfNotExists of one call leak into the next through default additionalProperties', async () => {
  const sender = client({ ...basic, additionalProperties: {} })
  const blob = new BlobDescriptor(`${service.url}/account/container/x.json`, 10)
  await sender.ingestFromBlob(blob, { ingestByTags: ['first'], ingestIfNotExists: '["first"]' })
  await sender.ingestFromBlob(blob, {})
  // The second batch would be skipped silently: lost data.
  expect(additional(1)).toMatchObject({ tags: '["ingest-by:first"]', ingestIfNotExists: '["first"]' })
})

test('defect d: a call cannot take a default property back', async () => {
  const sender = client({ ...basic, ingestionMappingReference: 'M', flushImmediately: true })
  const blob = new BlobDescriptor(`${service.url}/account/container/x.json`, 10)
  await sender.ingestFromBlob(blob, { ingestionMappingReference: '', flushImmediately: false })
  expect(additional(0)['ingestionMappingReference']).toBe('M')
  expect(service.messages[0]?.['FlushImmediately']).toBe(true)
})

test('defect e: with ReportMethod.Table the status row that was written is written again until that failed three times', async () => {
  // The table client takes https only, so the SDK's inner function is asked directly.
  const inner = new URL('ingestionResult.js', import.meta.resolve('azure-kusto-ingest'))
  const { putRecordInTable } = (await import(inner.href)) as {
    putRecordInTable: (
      client: { createEntity: (entity: unknown) => Promise<void> },
      entity: unknown,
    ) => Promise<void>
  }
  const rows = new Set<unknown>()
  const createEntity = vi.fn<(entity: unknown) => Promise<void>>((entity) => {
    if (rows.has(entity)) return Promise.reject(new Error('EntityAlreadyExists'))
    rows.add(entity)
    return Promise.resolve()
  })
  vi.useFakeTimers()
  try {
    const written = putRecordInTable({ createEntity }, SOURCE_ID)
    await vi.runAllTimersAsync()
    await written
  } finally {
    vi.useRealTimers()
  }
  expect(createEntity).toHaveBeenCalledTimes(4)
})

describe('defect g: what the streaming clients take as a stream', () => {
  test('an uncompressed Buffer fails inside the SDK, before anything is sent', async () => {
    const streaming = new StreamingIngestClient(new KustoConnectionStringBuilder(service.url))
    const descriptor = new StreamDescriptor(asStream(RAW))
    await expect(streaming.ingestFromStream(descriptor, basic)).rejects.toThrow('pipe is not a function')
    expect(service.streamed).toEqual([])
    streaming.close()
  })

  test('the detour: gzip it, and say so', async () => {
    const streaming = new StreamingIngestClient(new KustoConnectionStringBuilder(service.url))
    const compressed = gzipSync(RAW)
    const descriptor = new StreamDescriptor(asStream(compressed), SOURCE_ID, CompressionType.GZIP)
    await streaming.ingestFromStream(descriptor, { ...basic, ingestionMappingReference: 'M' })
    expect(service.streamed).toEqual([
      { path: '/v1/rest/ingest/db/T?streamFormat=json&mappingName=M', bytes: compressed },
    ])
    streaming.close()
  })

  test('a stream of strings ends the whole process: the managed client throws where nobody can catch it', async () => {
    const program = `
      import { Readable } from 'node:stream'
      import { KustoConnectionStringBuilder } from 'azure-kusto-data'
      import { ManagedStreamingIngestClient, StreamDescriptor } from 'azure-kusto-ingest'
      const builder = () => new KustoConnectionStringBuilder(${JSON.stringify(service.url)})
      const client = new ManagedStreamingIngestClient(builder(), builder())
      const stream = new StreamDescriptor(Readable.from(['{"a":1}']))
      try { await client.ingestFromStream(stream, { database: 'db', table: 'T', format: 'json' }) }
      catch { process.exit(0) }`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(1)
    expect(stderr).toContain('ERR_INVALID_ARG_TYPE')
  })
})

describe('defect of a client that lives on: it uses the addresses of queues that it got once', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('so a batch for a cluster that has stopped is told as handed over, hours later', async () => {
    const sender = client()
    const url = await sender.uploadToBlobWithRetry(new StreamDescriptor(asStream(RAW)), 'first.json')
    await sender.ingestFromBlob(new BlobDescriptor(url, RAW.length, SOURCE_ID), basic)
    service.stop()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * 86_400_000 })
    await sender.ingestFromBlob(new BlobDescriptor(url, RAW.length, SOURCE_ID), basic)
    expect(service.messages).toHaveLength(2)
  })

  test('the detour is a new client, which asks the cluster', async () => {
    service.stop()
    const upload = client().uploadToBlobWithRetry(new StreamDescriptor(asStream(RAW)), 'second.json')
    await expect(upload).rejects.toThrow(/ingestion resources/)
  })
})
