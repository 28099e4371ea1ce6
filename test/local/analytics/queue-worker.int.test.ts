import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createMergeTable,
  isHandled,
  openDatabase,
  recordHandled,
} from '../../../local/analytics/engine/index.ts'
import type { EngineDatabase } from '../../../local/analytics/engine/index.ts'
import { createFaultDoor } from '../../../local/analytics/faults/index.ts'
import { QueueWorker, createWake, sweepBlobs } from '../../../local/analytics/ingestion/index.ts'
import type { StorageResources } from '../../../local/analytics/storage/index.ts'

/** The engine is real here; storage is not, so that it can fail in the one moment that matters. */

let folder: string
let database: EngineDatabase

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-worker-'))
  database = openDatabase(folder)
  createMergeTable(database.writer, { name: 'T', columns: [{ name: 'A', type: 'string' }] })
})

afterEach(async () => {
  database.close()
  await rm(folder, { recursive: true, force: true })
})

function order(blob: string): string {
  const message = {
    Id: 'a81bc81b-dead-4e5d-abff-90865d1e13b1',
    BlobPath: `http://127.0.0.1:1/trickle/container/${blob}?sas`,
    DatabaseName: 'db',
    TableName: 'T',
    AdditionalProperties: { format: 'json' },
  }
  return Buffer.from(JSON.stringify(message)).toString('base64')
}

interface FakeStorage {
  readonly resources: StorageResources
  readonly deletions: string[]
  readonly downloads: string[]
}

/** One message that is delivered until it is deleted; what `onDelete` throws fails the deletion. */
function fakeStorage(onDelete: (attempt: number) => void): FakeStorage {
  const deletions: string[] = []
  const downloads: string[] = []
  let isDeleted = false
  let attempt = 0
  const readyQueue = {
    receiveMessages: () => {
      const message = { messageId: 'm1', popReceipt: 'r', messageText: order('b.json'), dequeueCount: 1 }
      return Promise.resolve({ receivedMessageItems: isDeleted ? [] : [message] })
    },
    deleteMessage: (messageId: string) => {
      attempt += 1
      onDelete(attempt)
      isDeleted = true
      deletions.push(messageId)
      return Promise.resolve({})
    },
  }
  const blobService = {
    getContainerClient: () => ({
      getBlobClient: (name: string) => ({
        download: () => {
          downloads.push(name)
          return Promise.resolve({ readableStreamBody: Readable.from([Buffer.from('{"A":"x"}\n')]) })
        },
      }),
    }),
  }
  const resources = { facts: { accountName: 'trickle' }, readyQueues: [readyQueue], blobService }
  return { resources: resources as unknown as StorageResources, deletions, downloads }
}

function rowCount(): number {
  return Number(database.reader.prepare('SELECT count(*) AS n FROM data_1').get()?.['n'])
}

test('a message that could not be deleted after its rows were committed is not carried out again', async () => {
  const storage = fakeStorage((attempt) => {
    if (attempt <= 2) throw new Error('storage went away')
  })
  const log = vi.fn<(line: string) => void>()
  const worker = new QueueWorker({
    database,
    databaseName: 'db',
    resources: storage.resources,
    faults: createFaultDoor(),
    wake: createWake(),
    log,
  })
  await expect.poll(() => storage.deletions, { timeout: 60_000 }).toEqual(['m1'])
  await worker.stop()
  expect(rowCount()).toBe(1)
  expect(storage.downloads).toEqual(['b.json'])
  expect(log).toHaveBeenCalledTimes(1)
})

test('the rows are committed when the message is deleted', async () => {
  const rowsAtDeletion: number[] = []
  const storage = fakeStorage(() => {
    rowsAtDeletion.push(rowCount())
  })
  const worker = new QueueWorker({
    database,
    databaseName: 'db',
    resources: storage.resources,
    faults: createFaultDoor(),
    wake: createWake(),
    log: () => undefined,
  })
  await expect.poll(() => storage.deletions, { timeout: 60_000 }).toEqual(['m1'])
  await worker.stop()
  expect(rowsAtDeletion).toEqual([1])
})

describe('sweeping blobs', () => {
  const day = 24 * 60 * 60 * 1000

  function service(fail: number | undefined): { removed: string[]; client: StorageResources['blobService'] } {
    const removed: string[] = []
    const client = {
      getContainerClient: (container: string) => ({
        getBlobClient: (name: string) => ({
          deleteIfExists: ({ conditions }: { conditions: { ifUnmodifiedSince: Date } }) => {
            if (fail !== undefined)
              return Promise.reject(Object.assign(new Error('no'), { statusCode: fail }))
            removed.push(`${container} ${name} ${conditions.ifUnmodifiedSince.toISOString()}`)
            return Promise.resolve({})
          },
        }),
      }),
    }
    return { removed, client: client as unknown as StorageResources['blobService'] }
  }

  beforeEach(() => {
    recordHandled(database.writer, { messageId: 'old', blob: 'c/a/b.json.gz' })
    database.writer.exec(`UPDATE handled_messages SET handled_on = 1000`)
    recordHandled(database.writer, { messageId: 'new', blob: 'c/new.json.gz' })
  })

  test('removes those that were ingested more than a day ago, unless they were uploaded again since', async () => {
    const { removed, client } = service(undefined)
    expect(await sweepBlobs(database, client, 1000 + day)).toBe(0)
    expect(await sweepBlobs(database, client, 1001 + day)).toBe(1)
    expect(removed).toEqual(['c a/b.json.gz 1970-01-01T00:00:01.001Z'])
    expect([isHandled(database.reader, 'old'), isHandled(database.reader, 'new')]).toEqual([false, true])
  })

  test('lets go of a blob that was uploaded again, and keeps all in mind when storage is down', async () => {
    await expect(sweepBlobs(database, service(500).client, 1001 + day)).rejects.toThrow('no')
    expect(isHandled(database.reader, 'old')).toBe(true)
    expect(await sweepBlobs(database, service(412).client, 1001 + day)).toBe(1)
    expect(isHandled(database.reader, 'old')).toBe(false)
  })
})
