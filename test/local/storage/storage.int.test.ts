import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive } from '../../../local/process/index.ts'
import { startStorage } from '../../../local/storage/index.ts'
import type { RunningStorage } from '../../../local/storage/index.ts'
import { pages, send } from '../loopback/page.ts'

let folder: string
const running: RunningStorage[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-storage-'))
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((storage) => storage.stop()))
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<RunningStorage> {
  const storage = await startStorage({ dataFolder: folder })
  running.push(storage)
  return storage
}

async function killNow(storage: RunningStorage): Promise<void> {
  const exited = once(storage.process, 'exit')
  storage.process.kill('SIGKILL')
  await exited
}

function queueOf(storage: RunningStorage): ReturnType<QueueServiceClient['getQueueClient']> {
  return QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient('orders')
}

function containerOf(storage: RunningStorage): ReturnType<BlobServiceClient['getContainerClient']> {
  return BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('papers')
}

describe('a web page', () => {
  test('is refused by both services, whose own clients are served as before', async () => {
    const storage = await start()
    for (const [, headers] of pages)
      for (const url of [storage.blobUrl, storage.queueUrl])
        for (const method of ['GET', 'PUT', 'OPTIONS'])
          expect((await send(`${url}/made?restype=container`, headers, { method })).status).toBe(403)
    await containerOf(storage).create()
    await queueOf(storage).create()
    expect(await containerOf(storage).exists()).toBe(true)
  })
})

describe('what storage acknowledged survives kill -9', () => {
  test('queue messages, blobs and deletions, on other ports and with the same key', async () => {
    const first = await start()
    await queueOf(first).create()
    await containerOf(first).create()
    await containerOf(first).getBlockBlobClient('removed.txt').upload('gone', 4)
    await containerOf(first).getBlockBlobClient('kept.txt').upload('here', 4)
    await containerOf(first).getBlockBlobClient('removed.txt').delete()
    await queueOf(first).sendMessage('the last message')
    await killNow(first)

    const second = await start()
    expect(second.accountKey).toBe(first.accountKey)
    expect(second.accountName).toBe('trickle')
    const received = await queueOf(second).receiveMessages({ numberOfMessages: 32 })
    expect(received.receivedMessageItems.map((message) => message.messageText)).toEqual(['the last message'])
    expect(await containerOf(second).getBlockBlobClient('kept.txt').downloadToBuffer()).toEqual(
      Buffer.from('here'),
    )
    expect(await containerOf(second).getBlockBlobClient('removed.txt').exists()).toBe(false)
  })

  test('each of many messages that are sent side by side', async () => {
    const first = await start()
    await queueOf(first).create()
    const sent = Array.from({ length: 40 }, (_, index) => `message ${index}`)
    await Promise.all(sent.map((text) => queueOf(first).sendMessage(text)))
    await killNow(first)

    const queue = queueOf(await start())
    const texts: string[] = []
    for (let round = 0; round < 3; round += 1) {
      const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 })
      texts.push(...receivedMessageItems.map((message) => message.messageText))
    }
    expect(texts.toSorted()).toEqual(sent.toSorted())
  })
})

describe('storage refuses to start with one clear sentence', () => {
  test('when its port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const address = holder.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(startStorage({ dataFolder: folder, queuePort: port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringMatching(
        new RegExp(`^Port ${port}, wanted for storage \\(queues\\), is taken`, 'u'),
      ),
    })
    holder.close()
  })

  test('when its data folder cannot be made', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    await expect(startStorage({ dataFolder: join(file, 'data') })).rejects.toMatchObject({
      code: 'NOT_A_HOME',
      message: expect.stringContaining(join(file, 'data')),
    })
  })

  test('when another process serves the same data folder', async () => {
    await start()
    await expect(startStorage({ dataFolder: folder })).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  })

  test('when the file with its key is broken', async () => {
    await writeFile(join(folder, 'account.json'), '{"name":"trickle"')
    await expect(startStorage({ dataFolder: folder })).rejects.toMatchObject({
      code: 'DATA_FOLDER_BROKEN',
      message: expect.stringContaining('account.json'),
    })
  })
})

test('storage ends when the process that started it is killed', async () => {
  const starter = join(folder, 'starter.mjs')
  const door = new URL('../../../local/storage/index.ts', import.meta.url).href
  await writeFile(
    starter,
    `import { startStorage } from '${door}'
     const storage = await startStorage({ dataFolder: ${JSON.stringify(join(folder, 'data'))} })
     process.send(storage.process.pid)`,
  )
  const supervisor = fork(starter, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [storageId] = (await once(supervisor, 'message')) as [number]
  expect(isAlive(storageId)).toBe(true)
  supervisor.kill('SIGKILL')
  await expect.poll(() => isAlive(storageId), { timeout: 60_000 }).toBe(false)
})
