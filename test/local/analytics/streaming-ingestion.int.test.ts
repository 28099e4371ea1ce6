import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { CompressionType, StreamDescriptor, StreamingIngestClient } from 'azure-kusto-ingest'
import { KustoConnectionStringBuilder } from 'azure-kusto-data'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ask, countRows, event, eventProperties, ndjson, startHarness } from './harness.ts'
import type { Harness } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let harness: Harness
let client: StreamingIngestClient
let url: string

beforeAll(async () => {
  harness = await startHarness()
  url = harness.analytics.url
  client = new StreamingIngestClient(new KustoConnectionStringBuilder(url))
})

afterAll(async () => {
  client.close()
  await harness.close()
})

function stream(bytes: Buffer): StreamDescriptor {
  return new StreamDescriptor(Readable.from([bytes]), null, CompressionType.GZIP)
}

test('is refused while its policy is off, as it is by default', async () => {
  await ask(url, '.alter table EventsRaw policy streamingingestion disable')
  const { gzip } = ndjson([event(1)])
  await expect(client.ingestFromStream(stream(gzip), eventProperties())).rejects.toMatchObject({
    response: { status: 400, data: { error: { '@permanent': true } } },
  })
})

test('is visible when the request is answered, without a tag', async () => {
  await ask(url, '.alter table EventsRaw policy streamingingestion enable')
  const { gzip } = ndjson([event(1, { BatchId: 'streamed' }), event(2, { BatchId: 'streamed' })])
  await client.ingestFromStream(stream(gzip), eventProperties({ ingestByTags: ['never-kept'] }))
  expect(await countRows(url, "EventsRaw | where BatchId == 'streamed'")).toBe(2)
  expect(await ask(url, ".show table EventsRaw extents where tags has 'ingest-by:never-kept'")).toEqual([])
})

test('is kept twice when it is sent twice under one request id', async () => {
  await ask(url, '.alter table EventsRaw policy streamingingestion enable')
  const { gzip } = ndjson([event(1, { BatchId: 'twice' })])
  await client.ingestFromStream(stream(gzip), eventProperties(), 'the-same-id')
  await client.ingestFromStream(stream(gzip), eventProperties(), 'the-same-id')
  expect(await countRows(url, "EventsRaw | where BatchId == 'twice'")).toBe(2)
})

test('is refused above 4 MB, counted uncompressed, and when a line is malformed', async () => {
  await ask(url, '.alter table EventsRaw policy streamingingestion enable')
  const large = gzipSync(
    JSON.stringify(event(1, { BatchId: 'large', EventType: 'x'.repeat(4 * 1024 * 1024) })),
  )
  await expect(client.ingestFromStream(stream(large), eventProperties())).rejects.toMatchObject({
    response: { status: 413 },
  })
  const broken = gzipSync(`${JSON.stringify(event(1, { BatchId: 'large' }))}\nnot json\n`)
  await expect(client.ingestFromStream(stream(broken), eventProperties())).rejects.toMatchObject({
    response: { status: 400, data: { error: { '@permanent': true } } },
  })
  expect(await countRows(url, "EventsRaw | where BatchId == 'large'")).toBe(0)
})
