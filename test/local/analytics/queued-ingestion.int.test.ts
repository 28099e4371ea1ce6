import { Readable } from 'node:stream'
import {
  BlobDescriptor,
  DataFormat,
  IngestStatusQueues,
  JsonColumnMapping,
  ReportLevel,
  StreamDescriptor,
} from 'azure-kusto-ingest'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  ask,
  countRows,
  DATABASE_NAME,
  event,
  eventProperties,
  ingestClient,
  ndjson,
  pendingMessages,
  sendRecords,
  sendText,
  startHarness,
} from './harness.ts'
import type { Harness, Properties } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let harness: Harness
let url: string
let batch = ''
let batchNumber = 0

beforeAll(async () => {
  harness = await startHarness()
  url = harness.analytics.url
})

afterAll(async () => {
  await harness.close()
})

beforeEach(() => {
  batchNumber += 1
  batch = `batch-${batchNumber}`
})

function rowsOfBatch(): Promise<number> {
  return countRows(url, `EventsRaw | where BatchId == '${batch}'`)
}

function untilRows(count: number): Promise<void> {
  return expect.poll(rowsOfBatch, { timeout: 60_000, interval: 20 }).toBe(count)
}

function untilAllIsThrough(): Promise<void> {
  return expect.poll(() => pendingMessages(harness.storage), { timeout: 60_000, interval: 20 }).toBe(0)
}

function tagged(tag: string): Properties {
  return eventProperties({ ingestByTags: [tag], ingestIfNotExists: JSON.stringify([tag]) })
}

describe('a queued batch', () => {
  test('arrives with all columns, and its extent carries the tag', async () => {
    await sendRecords(url, batch, [event(1, { BatchId: batch }), event(2, { BatchId: batch })], tagged(batch))
    await untilRows(2)
    const [row] = await ask(url, `EventsRaw | where BatchId == '${batch}' and Position == 2`)
    expect(row).toMatchObject({
      TenantId: 'tenant-a',
      EventId: 'event-2',
      Version: 2,
      OccurredAt: new Date('2026-03-01T10:00:00.123Z'),
      Payload: { number: 2, text: 'text 2' },
      Metadata: null,
      TraceParent: '',
    })
    const extents = await ask(url, `.show table EventsRaw extents where tags has 'ingest-by:${batch}'`)
    expect(extents).toMatchObject([{ RowCount: 2, Tags: `ingest-by:${batch}`, TableName: 'EventsRaw' }])
  })

  test('sent again with ingestIfNotExists is skipped', async () => {
    const records = [event(1, { BatchId: batch })]
    await sendRecords(url, batch, records, tagged(batch))
    await sendRecords(url, batch, records, tagged(batch))
    await untilAllIsThrough()
    expect(await rowsOfBatch()).toBe(1)
    expect(await ask(url, `.show table EventsRaw extents where tags has 'ingest-by:${batch}'`)).toHaveLength(
      1,
    )
  })

  test('sent again without ingestIfNotExists is kept twice, under the same tag too', async () => {
    const records = [event(1, { BatchId: batch })]
    const blobUrl = await sendRecords(url, batch, records, eventProperties({ ingestByTags: [batch] }))
    await sendRecords(url, batch, records, eventProperties({ ingestByTags: [batch] }))
    const client = ingestClient(url)
    await client.ingestFromBlob(new BlobDescriptor(blobUrl, 100), eventProperties())
    client.close()
    await untilRows(3)
    await untilAllIsThrough()
    expect(await rowsOfBatch()).toBe(3)
  })

  test('shows once in the view, however often it came', async () => {
    const records = [
      event(1, { BatchId: batch, EventId: batch }),
      event(2, { BatchId: batch, EventId: batch }),
    ]
    await sendRecords(url, `${batch}-a`, records)
    await sendRecords(url, `${batch}-b`, records)
    await sendRecords(url, `${batch}-c`, [event(3, { BatchId: batch, EventId: batch, TenantId: 'tenant-b' })])
    await untilRows(5)
    const rows = await ask(url, `Events | where EventId == '${batch}' | order by TenantId asc`)
    expect(rows.map((row) => row['TenantId'])).toEqual(['tenant-a', 'tenant-b'])
  })

  test('of many rows comes whole', async () => {
    const records = Array.from({ length: 5000 }, (_, index) => event(index, { BatchId: batch }))
    await sendRecords(url, batch, records, tagged(batch))
    await untilRows(5000)
    const summary = `EventsRaw | where BatchId == '${batch}' | summarize sum(Position), dcount(EventId)`
    expect(await ask(url, summary)).toEqual([{ sum_Position: 12_497_500, dcount_EventId: 5000 }])
  })

  test('is seen whole or not at all while it comes', async () => {
    const records = Array.from({ length: 20_000 }, (_, index) => event(index, { BatchId: batch }))
    await sendRecords(url, batch, records)
    const seen = new Set<number>()
    while ((await pendingMessages(harness.storage)) > 0) seen.add(await rowsOfBatch())
    seen.add(await rowsOfBatch())
    expect([...seen].filter((count) => count !== 0)).toEqual([20_000])
  })

  test('may be sent as a stream, uncompressed and as multijson', async () => {
    const client = ingestClient(url)
    const { raw } = ndjson([event(1, { BatchId: batch })])
    await client.ingestFromStream(new StreamDescriptor(Readable.from([raw])), eventProperties())
    const document = Buffer.from(
      JSON.stringify([event(2, { BatchId: batch }), event(3, { BatchId: batch })], null, 2),
    )
    await client.ingestFromStream(
      new StreamDescriptor(Readable.from([document])),
      eventProperties({ format: DataFormat.MULTIJSON }),
    )
    client.close()
    await untilRows(3)
    const rows = await ask(
      url,
      `EventsRaw | where BatchId == '${batch}' | order by Position asc | project Position`,
    )
    expect(rows.map((row) => row['Position'])).toEqual([1, 2, 3])
  })

  test('may bring its mapping with it', async () => {
    const properties: Properties = {
      database: DATABASE_NAME,
      table: 'EventsRaw',
      format: DataFormat.JSON,
      ingestionMappingColumns: [
        JsonColumnMapping.withPath('BatchId', '$.batch'),
        JsonColumnMapping.withPath('EventId', "$.inner['the id']"),
        JsonColumnMapping.withPath('Version', '$.list[1]'),
      ],
    }
    await sendRecords(url, batch, [{ batch, inner: { 'the id': 'x' }, list: [4, 5] }], properties)
    await untilRows(1)
    const rows = await ask(url, `EventsRaw | where BatchId == '${batch}' | project EventId, Version`)
    expect(rows).toEqual([{ EventId: 'x', Version: 5 }])
  })
})

describe('a failed ingestion', () => {
  async function failureOf(sourceId: string): Promise<Record<string, unknown>> {
    const client = ingestClient(url)
    const queues = new IngestStatusQueues(client)
    const found: Record<string, unknown>[] = []
    await expect
      .poll(
        async () => {
          found.push(...((await queues.failure.pop(1)) as unknown as Record<string, unknown>[]))
          return found.some((message) => message['IngestionSourceId'] === sourceId)
        },
        { timeout: 60_000, interval: 50 },
      )
      .toBe(true)
    client.close()
    return found.find((message) => message['IngestionSourceId'] === sourceId) ?? {}
  }

  const cases: { what: string; text: string; properties?: Properties; gzipName?: boolean; code: string }[] = [
    {
      what: 'one malformed line',
      text: '{"EventId":"good"}\n{"EventId":"bad",}\n',
      code: 'BadRequest_UnexpectedCharacterInInputStream',
    },
    { what: 'two values in a line', text: '{} {}\n', code: 'BadRequest_UnexpectedCharacterInInputStream' },
    { what: 'a line that is no object', text: '[1]\n', code: 'BadRequest_UnexpectedCharacterInInputStream' },
    { what: 'no data', text: '', code: 'BadRequest_EmptyBlob' },
    { what: 'no record', text: '\n \n', code: 'BadRequest_NoRecordsOrWrongFormat' },
    {
      what: 'a name that says gzip and is not',
      text: '{}',
      gzipName: true,
      code: 'BadRequest_InvalidArchive',
    },
    {
      what: 'an unknown table',
      text: '{}\n',
      properties: eventProperties({ table: 'Nowhere' }),
      code: 'BadRequest_TableNotExist',
    },
    {
      what: 'an unknown database',
      text: '{}\n',
      properties: eventProperties({ database: 'nowhere' }),
      code: 'BadRequest_DatabaseNotExist',
    },
    {
      what: 'an unknown mapping',
      text: '{}\n',
      properties: eventProperties({ ingestionMappingReference: 'Nothing' }),
      code: 'BadRequest_MappingReferenceWasNotFound',
    },
    {
      what: 'an unknown format',
      text: 'a,b\n',
      properties: { database: DATABASE_NAME, table: 'EventsRaw', format: DataFormat.CSV },
      code: 'BadRequest_FormatNotSupported',
    },
  ]

  test.each(cases)(
    'because of $what is reported with ADX words',
    async ({ text, properties, gzipName, code }) => {
      const before = await countRows(url, 'EventsRaw')
      const sourceId = crypto.randomUUID()
      const name = `${batch}.json${gzipName === true ? '.gz' : ''}`
      await sendText(url, name, Buffer.from(text), 10, properties ?? eventProperties(), sourceId)
      expect(await failureOf(sourceId)).toMatchObject({
        ErrorCode: code,
        FailureStatus: 'Permanent',
        ShouldRetry: false,
        OriginatesFromUpdatePolicy: false,
        IngestionSourceId: sourceId,
        Details: expect.any(String) as string,
      })
      expect(await countRows(url, 'EventsRaw')).toBe(before)
    },
  )

  test('because its blob is gone', async () => {
    const client = ingestClient(url)
    const blobUrl = await sendRecords(url, batch, [event(1, { BatchId: batch })])
    const missing = blobUrl.replace(batch, 'never-uploaded')
    const descriptor = new BlobDescriptor(missing, 10)
    await client.ingestFromBlob(descriptor, eventProperties())
    client.close()
    expect(await failureOf(descriptor.sourceId ?? '')).toMatchObject({ ErrorCode: 'Download_SourceNotFound' })
  })

  test('is not reported when the sender wants no report', async () => {
    const sourceId = crypto.randomUUID()
    const silent = eventProperties({ reportLevel: ReportLevel.DoNotReport })
    await sendText(url, `${batch}.json`, Buffer.from('no json'), 10, silent, sourceId)
    await untilAllIsThrough()
    const client = ingestClient(url)
    expect(await new IngestStatusQueues(client).failure.isEmpty()).toBe(true)
    client.close()
  })
})

test('a sender that asks for it gets a report of success', async () => {
  const sourceId = crypto.randomUUID()
  const { raw, gzip } = ndjson([event(1, { BatchId: batch })])
  const properties = eventProperties({ reportLevel: ReportLevel.FailuresAndSuccesses })
  await sendText(url, `${batch}.json.gz`, gzip, raw.length, properties, sourceId)
  const client = ingestClient(url)
  const queues = new IngestStatusQueues(client)
  await expect.poll(() => queues.success.isEmpty(), { timeout: 60_000 }).toBe(false)
  const [report] = await queues.success.pop(1)
  expect(report).toMatchObject({ IngestionSourceId: sourceId, Database: DATABASE_NAME, Table: 'EventsRaw' })
  client.close()
})
