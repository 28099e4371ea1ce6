import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startStorage } from '../../../local/storage/index.ts'
import type { RunningStorage } from '../../../local/storage/index.ts'
import {
  ask,
  countRows,
  DATABASE_NAME,
  event,
  kqlFolder,
  pendingMessages,
  sendRecords,
  setFaults,
} from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

interface Facts {
  readonly type: string
  readonly url: string
  readonly faultsUrl: string
  readonly database: string
  readonly code?: string
  readonly message?: string
}

let folder: string
let storage: RunningStorage
let child: ChildProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-restart-'))
  storage = await startStorage({ dataFolder: join(folder, 'storage') })
})

afterEach(async () => {
  await kill()
  await storage.stop()
  await rm(folder, { recursive: true, force: true })
})

async function start(port = 0): Promise<Facts> {
  const main = fileURLToPath(new URL('../../../local/analytics/main.ts', import.meta.url))
  const flags = [
    '--port',
    String(port),
    '--data',
    join(folder, 'data'),
    '--kql',
    kqlFolder,
    '--database',
    DATABASE_NAME,
  ]
  child = fork(main, flags, {
    execArgv: [],
    env: { ...process.env, TRICKLE_LOCAL_STORAGE: storage.connectionString },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const [facts] = (await once(child, 'message')) as [Facts]
  return facts
}

async function kill(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function untilAllIsThrough(): Promise<void> {
  await expect.poll(() => pendingMessages(storage), { timeout: 60_000, interval: 50 }).toBe(0)
}

test('a kill between upload and ingestion loses nothing and doubles nothing, on another port', async () => {
  const first = await start()
  expect(first).toMatchObject({ type: 'ready', database: DATABASE_NAME })
  await setFaults(first.faultsUrl, [{ match: 'INGEST ', delayMs: 600_000 }])
  for (const batch of ['a', 'b', 'c']) await sendRecords(first.url, batch, [event(1, { BatchId: batch })])
  expect(await countRows(first.url, 'EventsRaw')).toBe(0)
  await kill()
  const second = await start()
  expect(second.url).not.toBe(first.url)
  await untilAllIsThrough()
  const rows = await ask(second.url, 'EventsRaw | summarize count() by BatchId | order by BatchId asc')
  expect(rows).toEqual(['a', 'b', 'c'].map((batch) => ({ BatchId: batch, count_: 1 })))
})

test('a kill in the middle of an ingestion keeps nothing of it, and the next start all of it once', async () => {
  const first = await start()
  const records = Array.from({ length: 40_000 }, (_, index) => event(index, { BatchId: 'large' }))
  await sendRecords(first.url, 'large', records)
  await delay(150)
  await kill()
  const second = await start()
  await untilAllIsThrough()
  const query = 'EventsRaw | summarize count(), dcount(EventId), sum(Position)'
  expect(await ask(second.url, query)).toEqual([
    { count_: 40_000, dcount_EventId: 40_000, sum_Position: 799_980_000 },
  ])
  expect(await ask(second.url, '.show table EventsRaw extents')).toHaveLength(1)
})

test('kills at any moment lose no message and double none', async () => {
  let sent = 0
  for (let round = 0; round < 6; round += 1) {
    const { url } = await start()
    for (let index = 0; index < 5; index += 1) {
      await sendRecords(url, `batch-${sent}`, [event(1, { BatchId: `batch-${sent}` })])
      sent += 1
    }
    // Kills fall before, in and after the last ingestions.
    await delay(round * 15)
    await kill()
  }
  const { url } = await start()
  await untilAllIsThrough()
  expect(await ask(url, 'EventsRaw | summarize count(), dcount(BatchId)')).toEqual([
    { count_: sent, dcount_BatchId: sent },
  ])
})

test('storage killed and started again on other ports is found by a restarted stand-in with all its messages', async () => {
  const first = await start()
  await setFaults(first.faultsUrl, [{ match: 'INGEST ', delayMs: 600_000 }])
  await sendRecords(first.url, 'waiting', [event(1, { BatchId: 'waiting' })])
  await kill()
  const storageGone = once(storage.process, 'exit')
  storage.process.kill('SIGKILL')
  await storageGone
  storage = await startStorage({ dataFolder: join(folder, 'storage') })
  const second = await start()
  await untilAllIsThrough()
  expect(await countRows(second.url, "EventsRaw | where BatchId == 'waiting'")).toBe(1)
})

test('it ends in order when its supervisor is gone, and says why it cannot start', async () => {
  const facts = await start()
  const process = child
  if (process === undefined) throw new Error('It was started.')
  const taken = await start(Number(new URL(facts.url).port))
  expect(taken).toMatchObject({ type: 'failed', code: 'DATA_FOLDER_IN_USE' })
  const exited = once(process, 'exit')
  process.disconnect()
  expect(await exited).toEqual([0, null])
})
