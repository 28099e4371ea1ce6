import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServiceBusClient } from '@azure/service-bus'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { receiveAll, receiveOne } from '../../packages/service-bus-stand-in/conformance/receive.ts'
import { DUPLICATES, PLAIN, SESSIONS } from '../../packages/service-bus-stand-in/conformance/target.ts'
import { startGoodProcess, startProcess } from './broker-process.ts'
import type { BrokerProcess } from './broker-process.ts'

let folder = ''
let broker: BrokerProcess

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-service-bus-'))
  broker = await startGoodProcess(folder)
})

afterEach(async () => {
  await broker.kill()
  await rm(folder, { recursive: true, force: true })
})

async function withClient<Result>(work: (client: ServiceBusClient) => Promise<Result>): Promise<Result> {
  const client = new ServiceBusClient(broker.connectionString)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** Kills the broker and starts it on the same port, as the local run does. */
async function killAndStart(): Promise<void> {
  await broker.kill()
  broker = await startGoodProcess(folder, broker.port)
}

describe('a broker that is killed', () => {
  test('has what it accepted, in order, and nothing that was settled; it still knows the duplicates', async () => {
    const lastNumber = await withClient(async (client) => {
      const sender = client.createSender(PLAIN)
      const receiver = client.createReceiver(PLAIN)
      await sender.sendMessages(Array.from({ length: 100 }, (_, body) => ({ body })))
      const received = await receiveAll(receiver, 10)
      const [failed, kept, dead, ...completed] = received
      if (failed === undefined || kept === undefined || dead === undefined) throw new Error('too few')
      await Promise.all(completed.map((message) => receiver.completeMessage(message)))
      await receiver.abandonMessage(failed, { why: 'not now' })
      await receiver.deadLetterMessage(dead, { deadLetterReason: 'No', deadLetterErrorDescription: 'never' })
      await client.createSender(SESSIONS).sendMessages([1, 2].map((body) => ({ body, sessionId: 's' })))
      await client.createSender(DUPLICATES).sendMessages({ body: 1, messageId: 'once' })
      const duplicates = client.createReceiver(DUPLICATES)
      const once = await receiveOne(duplicates)
      await duplicates.completeMessage(once)
      return Number(once.sequenceNumber)
    })
    await killAndStart()
    await withClient(async (client) => {
      const receiver = client.createReceiver(PLAIN)
      const messages = await receiveAll(receiver, 92)
      const bodies = messages.map(({ body }) => body as number)
      expect(bodies).toEqual([0, 1, ...Array.from({ length: 90 }, (_, index) => index + 10)])
      expect(messages[0]).toMatchObject({ deliveryCount: 1, applicationProperties: { why: 'not now' } })
      // The kill took its lock away: a delivery that failed.
      expect(messages[1]).toMatchObject({ deliveryCount: 1 })
      expect(messages[2]).toMatchObject({ deliveryCount: 0 })
      const deadLetters = client.createReceiver(PLAIN, { subQueueType: 'deadLetter' })
      expect(await receiveOne(deadLetters)).toMatchObject({ body: 2, deadLetterReason: 'No' })
      const session = await client.acceptNextSession(SESSIONS)
      expect((await receiveAll(session, 2)).map(({ body }) => body as number)).toEqual([1, 2])
      const sender = client.createSender(DUPLICATES)
      await sender.sendMessages({ body: 2, messageId: 'once' })
      await sender.sendMessages({ body: 3, messageId: 'other' })
      const other = await receiveOne(client.createReceiver(DUPLICATES))
      expect(other.body).toBe(3)
      expect(Number(other.sequenceNumber)).toBeGreaterThan(lastNumber)
    })
  })

  test('in the midst of sends has each message whose send was answered, and no part of a batch', async () => {
    const answered = new Set<number>()
    const retryOptions = { maxRetries: 0, timeoutInMs: 2000 }
    const client = new ServiceBusClient(broker.connectionString, { retryOptions })
    const sender = client.createSender(PLAIN)
    const gone = new AbortController()
    const send = async (first: number): Promise<void> => {
      for (let batch = first; !gone.signal.aborted; batch += 4) {
        try {
          await sender.sendMessages([0, 1, 2].map((part) => ({ body: { batch, part } })))
          answered.add(batch)
        } catch {
          return
        }
      }
    }
    const senders = [0, 1, 2, 3].map((first) => send(first))
    while (answered.size < 60) await new Promise((resolve) => setTimeout(resolve, 5))
    await broker.kill()
    gone.abort()
    await client.close()
    await Promise.all(senders)
    broker = await startGoodProcess(folder, broker.port)
    const parts = new Map<number, number[]>()
    await withClient(async (again) => {
      const receiver = again.createReceiver(PLAIN, { receiveMode: 'receiveAndDelete' })
      for (;;) {
        const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 500 })
        if (messages.length === 0) break
        for (const { body } of messages) {
          const { batch, part } = body as { batch: number; part: number }
          parts.set(batch, [...(parts.get(batch) ?? []), part])
        }
      }
    })
    expect([...answered].filter((batch) => !parts.has(batch))).toEqual([])
    expect([...parts.values()].filter((found) => found.join(',') !== '0,1,2')).toEqual([])
  })
})

describe('a broker that is stopped', () => {
  test('ends in order, and clients that stay go on after its next start', async () => {
    await withClient(async (client) => {
      const sender = client.createSender(PLAIN)
      await sender.sendMessages({ body: 'before' })
      expect(await broker.stop()).toBe(0)
      broker = await startGoodProcess(folder, broker.port)
      await sender.sendMessages({ body: 'after' })
      const messages = await receiveAll(client.createReceiver(PLAIN), 2)
      expect(messages.map(({ body }) => body as string)).toEqual(['before', 'after'])
    })
  })
})

describe('a start', () => {
  test('on a folder that another broker holds is refused', async () => {
    expect(await startProcess(folder)).toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  })

  test('on a port that is taken is refused', async () => {
    const other = join(folder, 'other')
    expect(await startProcess(other, broker.port)).toMatchObject({ code: 'PORT_TAKEN' })
  })
})
