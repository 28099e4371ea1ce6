import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceBusReceivedMessage, ServiceBusReceiver, ServiceBusSender } from '@azure/service-bus'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NOTHING_COMES_MS, receiveAll, receiveOne } from './receive.ts'
import { DELIVERIES_MAX, PLAIN, openTarget } from './target.ts'
import type { Target } from './target.ts'

let target: Target
let sender: ServiceBusSender
let receiver: ServiceBusReceiver

beforeAll(async () => {
  target = await openTarget()
  sender = target.client.createSender(PLAIN)
})

afterAll(() => target.stop())

/** Does not renew locks by itself, so that they run out. */
function withoutRenewal(): ServiceBusReceiver {
  return target.client.createReceiver(PLAIN, { maxAutoLockRenewalDurationInMs: 0 })
}

beforeEach(() => {
  receiver = withoutRenewal()
})

afterEach(() => receiver.close())

describe('receiving', () => {
  test('from an empty queue ends after the time, and the next message is not lost by it', async () => {
    expect(await receiver.receiveMessages(10, { maxWaitTimeInMs: 300 })).toEqual([])
    await sender.sendMessages({ body: 'later' })
    const message = await receiveOne(receiver)
    expect(message.body).toBe('later')
    await receiver.completeMessage(message)
  })

  test('waits for a message that comes meanwhile', async () => {
    const waiting = receiveOne(receiver)
    await delay(200)
    await sender.sendMessages({ body: 'meanwhile' })
    const message = await waiting
    expect(message.body).toBe('meanwhile')
    await receiver.completeMessage(message)
  })

  test('gives each message to one receiver at a time', async () => {
    const other = withoutRenewal()
    await sender.sendMessages(Array.from({ length: 20 }, (_, body) => ({ body })))
    const [mine, others] = await Promise.all([receiveAll(receiver, 10), receiveAll(other, 10)])
    const bodies = [...mine, ...others].map(({ body }) => body as number)
    expect(bodies.sort((left, right) => left - right)).toEqual(Array.from({ length: 20 }, (_, body) => body))
    await Promise.all(mine.map((message) => receiver.completeMessage(message)))
    await Promise.all(others.map((message) => other.completeMessage(message)))
    await other.close()
  })

  test('and deleting at once leaves nothing', async () => {
    const deleting = target.client.createReceiver(PLAIN, { receiveMode: 'receiveAndDelete' })
    await sender.sendMessages({ body: 'at once' })
    expect((await receiveOne(deleting)).body).toBe('at once')
    await deleting.close()
    await delay(target.lockMs + 200)
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: NOTHING_COMES_MS })).toEqual([])
  })

  test('by subscription completes what the handler did, and gives again what it threw at', async () => {
    const seen: string[] = []
    await sender.sendMessages([{ body: 'good' }, { body: 'bad' }])
    await new Promise<void>((resolve) => {
      receiver.subscribe({
        processMessage: ({ body, deliveryCount }) => {
          seen.push(`${String(body)} ${deliveryCount ?? ''}`)
          if (seen.length === 3) resolve()
          return body === 'bad' && deliveryCount === 0
            ? Promise.reject(new Error('not now'))
            : Promise.resolve()
        },
        processError: () => Promise.resolve(),
      })
    })
    expect(seen.sort()).toEqual(['bad 0', 'bad 1', 'good 0'])
    await delay(300)
    expect(await receiver.peekMessages(1)).toEqual([])
  })
})

describe('looking at messages', () => {
  test('takes none and counts as no delivery', async () => {
    await sender.sendMessages([{ body: 'a' }, { body: 'b' }, { body: 'c' }])
    const first = await receiver.peekMessages(2)
    expect(first.map(({ body }) => body as string)).toEqual(['a', 'b'])
    // The next look goes on where the last one ended.
    expect((await receiver.peekMessages(2)).map(({ body }) => body as string)).toEqual(['c'])
    expect(await receiver.peekMessages(2)).toEqual([])
    const fromSequenceNumber = first[1]?.sequenceNumber
    if (fromSequenceNumber === undefined) throw new Error('the message has no number')
    const again = await receiver.peekMessages(1, { fromSequenceNumber })
    expect(again[0]).toMatchObject({ body: 'b', deliveryCount: 0, lockToken: undefined })
    const received = await receiveAll(receiver, 3)
    expect(received.map(({ deliveryCount }) => deliveryCount)).toEqual([0, 0, 0])
    await Promise.all(received.map((message) => receiver.completeMessage(message)))
  })
})

describe('a lock', () => {
  test('that runs out gives the message again, with one delivery more, and its old holder can not settle', async () => {
    await sender.sendMessages({ body: 'slow' })
    const first = await receiveOne(receiver)
    const lockMs = Number(first.lockedUntilUtc) - Date.now()
    expect(lockMs).toBeGreaterThan(target.lockMs - 800)
    expect(lockMs).toBeLessThan(target.lockMs + 800)
    const second = await receiveOne(receiver)
    expect(second).toMatchObject({ body: 'slow', deliveryCount: 1 })
    await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: 'MessageLockLost' })
    await receiver.completeMessage(second)
  })

  test('that is renewed holds longer', async () => {
    await sender.sendMessages({ body: 'renewed' })
    const message = await receiveOne(receiver)
    const before = Number(message.lockedUntilUtc)
    await delay(target.lockMs * 0.5)
    expect(Number(await receiver.renewMessageLock(message))).toBeGreaterThan(before)
    await delay(target.lockMs * 0.7)
    await receiver.completeMessage(message)
    expect(await receiver.peekMessages(1)).toEqual([])
  })

  test('that has run out can not be renewed', async () => {
    await sender.sendMessages({ body: 'gone' })
    const message = await receiveOne(receiver)
    await delay(target.lockMs + 300)
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: 'MessageLockLost' })
    await completeAll()
  })

  test('outlasts the link of its holder, who may settle by another link', async () => {
    await sender.sendMessages({ body: 'elsewhere' })
    const message = await receiveOne(receiver)
    await receiver.close()
    receiver = withoutRenewal()
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: NOTHING_COMES_MS })).toEqual([])
    await receiver.completeMessage(message)
    await delay(target.lockMs + 200)
    expect(await receiver.peekMessages(1)).toEqual([])
  })
})

describe('settling', () => {
  test('abandon gives the message again at once, with changed properties', async () => {
    await sender.sendMessages({ body: 'again', applicationProperties: { kept: 'yes', changed: 1 } })
    const first = await receiveOne(receiver)
    await receiver.abandonMessage(first, { changed: 2, added: 'new' })
    const second = await receiveOne(receiver)
    expect(second).toMatchObject({
      body: 'again',
      deliveryCount: 1,
      applicationProperties: { kept: 'yes', changed: 2, added: 'new' },
    })
    await receiver.completeMessage(second)
  })

  test('dead-letter keeps the message with the reason, where another receiver finds it', async () => {
    await sender.sendMessages({ body: 'wrong', messageId: 'wrong-1', applicationProperties: { kept: 1 } })
    const message = await receiveOne(receiver)
    await receiver.deadLetterMessage(message, {
      deadLetterReason: 'Malformed',
      deadLetterErrorDescription: 'it has no tenant',
      attempts: 4,
    })
    const dead = await oneDeadLetter()
    expect(dead).toMatchObject({
      body: 'wrong',
      messageId: 'wrong-1',
      deadLetterReason: 'Malformed',
      deadLetterErrorDescription: 'it has no tenant',
      deadLetterSource: PLAIN,
      applicationProperties: { kept: 1, attempts: 4 },
    })
  })

  test('a message that fails too often becomes a dead letter by itself', async () => {
    await sender.sendMessages({ body: 'poison' })
    for (let delivery = 0; delivery < DELIVERIES_MAX; delivery += 1) {
      const message = await receiveOne(receiver)
      expect(message.deliveryCount).toBe(delivery)
      await receiver.abandonMessage(message)
    }
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: NOTHING_COMES_MS })).toEqual([])
    expect(await oneDeadLetter()).toMatchObject({
      body: 'poison',
      deadLetterReason: 'MaxDeliveryCountExceeded',
    })
  })

  test('a message whose time is over becomes a dead letter', async () => {
    await sender.sendMessages({ body: 'late', timeToLive: 500 })
    await delay(700)
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: NOTHING_COMES_MS })).toEqual([])
    expect(await oneDeadLetter()).toMatchObject({ body: 'late', deadLetterReason: 'TTLExpiredException' })
  })
})

async function oneDeadLetter(): Promise<ServiceBusReceivedMessage> {
  const from = target.client.createReceiver(PLAIN, { subQueueType: 'deadLetter' })
  const message = await receiveOne(from)
  await from.completeMessage(message)
  expect(await from.peekMessages(1)).toEqual([])
  await from.close()
  return message
}

async function completeAll(): Promise<void> {
  await receiver.completeMessage(await receiveOne(receiver))
}
