import { afterEach, beforeEach, expect, it } from 'vitest'
import { createKustoSender } from '../../../shared/adx/kusto.chunk.ts'
import type { KustoSender } from '../../../shared/adx/index.ts'
import { startRecordingKustoService } from './recording-kusto-service.ts'
import type { RecordingKustoService } from './recording-kusto-service.ts'

const HOUR_MS = 3_600_000

let service: RecordingKustoService
let sender: KustoSender
let clockMs: number

beforeEach(async () => {
  service = await startRecordingKustoService()
  clockMs = 0
  sender = createKustoSender(service.url, 'db', undefined, true, () => clockMs)
})

afterEach(async () => {
  sender.close()
  await service.close()
})

const send = async (number: number): Promise<void> => {
  await sender.send({
    table: 'EventsRaw',
    mapping: 'EventsJson',
    tag: `batch-${number}`,
    blobName: `batch-${number}.json.gz`,
    sourceId: 'a81bc81b-dead-4e5d-abff-90865d1e13b1',
    rawBytes: 8,
    content: Buffer.from('{"a":1}\n'),
  })
}

it('hands batches over, one after the other', async () => {
  await send(1)
  await send(2)
  expect(service.messages).toHaveLength(2)
})

it('fails where the cluster was stopped, although the queues it named before would still take a batch', async () => {
  await send(1)
  service.stop()
  clockMs += HOUR_MS
  await expect(send(2)).rejects.toThrow(/ingestion resources/)
  expect(service.messages).toHaveLength(1)
  service.start()
  await send(2)
  expect(service.messages).toHaveLength(2)
})
