import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusReceiver, ServiceBusSender } from '@azure/service-bus'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NOTHING_COMES_MS, receiveAll, receiveOne } from './receive.ts'
import { DUPLICATES, PLAIN, openTarget, targetKind } from './target.ts'
import type { Target } from './target.ts'

let target: Target
let sender: ServiceBusSender
let receiver: ServiceBusReceiver

beforeAll(async () => {
  target = await openTarget()
  sender = target.client.createSender(PLAIN)
})

afterAll(() => target.stop())

beforeEach(() => {
  receiver = target.client.createReceiver(PLAIN)
})

afterEach(() => receiver.close())

describe('a message', () => {
  test('arrives with everything that its sender set, each value with its type', async () => {
    const when = new Date('2026-12-01T10:00:00.000Z')
    await sender.sendMessages({
      body: { amount: 12.5, lines: ['a', 'b'] },
      messageId: 'order-1',
      contentType: 'application/json',
      correlationId: 'cause-1',
      subject: 'Ordered',
      to: 'somebody',
      replyTo: 'me',
      replyToSessionId: 'answers',
      applicationProperties: { text: 'x', whole: 7, part: 0.25, yes: true, no: false, when, none: null },
    })
    const message = await receiveOne(receiver)
    expect(message).toMatchObject({
      body: { amount: 12.5, lines: ['a', 'b'] },
      messageId: 'order-1',
      contentType: 'application/json',
      correlationId: 'cause-1',
      subject: 'Ordered',
      to: 'somebody',
      replyTo: 'me',
      replyToSessionId: 'answers',
      applicationProperties: { text: 'x', whole: 7, part: 0.25, yes: true, no: false, none: null },
      deliveryCount: 0,
      state: 'active',
    })
    expect(Number(message.applicationProperties?.['when'])).toBe(when.getTime())
    await receiver.completeMessage(message)
  })

  test('gets a number, a time and an end from the queue', async () => {
    const before = Date.now()
    await sender.sendMessages({ body: 1, messageId: 'first' })
    await sender.sendMessages({ body: 2, messageId: 'second', timeToLive: 60_000 })
    const messages = await receiveAll(receiver, 2)
    const [first, second] = messages
    expect(Number(second?.sequenceNumber)).toBeGreaterThan(Number(first?.sequenceNumber))
    // Another machine's clock may differ from ours.
    expect(Math.abs(Number(first?.enqueuedTimeUtc) - before)).toBeLessThan(30_000)
    expect(Number(first?.expiresAtUtc) - Number(first?.enqueuedTimeUtc)).toBe(3_600_000)
    expect(Number(second?.expiresAtUtc) - Number(second?.enqueuedTimeUtc)).toBe(60_000)
    await Promise.all(messages.map((message) => receiver.completeMessage(message)))
  })

  test('without an id gets one, since clients settle by it', async () => {
    await sender.sendMessages({ body: 'no id' })
    const message = await receiveOne(receiver)
    expect(String(message.messageId)).toMatch(/^[0-9a-f]{32}$/u)
    await receiver.completeMessage(message)
  })

  test('of 200 kB arrives byte for byte', async () => {
    const body = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251))
    await sender.sendMessages({ body })
    const message = await receiveOne(receiver)
    expect(Buffer.compare(message.body as Buffer, body)).toBe(0)
    await receiver.completeMessage(message)
  })

  test('may be empty', async () => {
    await sender.sendMessages({ body: '' })
    const message = await receiveOne(receiver)
    expect(message.body).toBe('')
    await receiver.completeMessage(message)
  })

  test('of more than 256 kB is refused, and the sender goes on', async () => {
    await expect(sender.sendMessages({ body: Buffer.alloc(300_000) })).rejects.toMatchObject({
      code: 'MessageSizeExceeded',
    })
    await sender.sendMessages({ body: 'small', messageId: 'small' })
    const message = await receiveOne(receiver)
    expect(message.body).toBe('small')
    await receiver.completeMessage(message)
  })
})

describe('many messages', () => {
  test('in one call arrive in the order in which they were sent', async () => {
    const bodies = Array.from({ length: 50 }, (_, index) => index)
    await sender.sendMessages(bodies.map((body) => ({ body })))
    const received = await receiveAll(receiver, bodies.length)
    expect(received.map(({ body }) => body as number)).toEqual(bodies)
    await Promise.all(received.map((message) => receiver.completeMessage(message)))
  })

  test('in a batch that is filled until nothing more fits arrive all', async () => {
    const batch = await sender.createMessageBatch()
    expect(batch.maxSizeInBytes).toBe(256 * 1024)
    while (batch.tryAddMessage({ body: 'x'.repeat(1000), messageId: `of-batch-${batch.count}` }));
    expect(batch.count).toBeGreaterThan(200)
    await sender.sendMessages(batch)
    const received = await receiveAll(receiver, batch.count)
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(batch.count)
    await Promise.all(received.map((message) => receiver.completeMessage(message)))
  })
})

describe('a queue that looks for duplicates', () => {
  test('drops a message whose id was sent before, alone and within a batch, and says nothing', async () => {
    const duplicates = target.client.createSender(DUPLICATES)
    const from = target.client.createReceiver(DUPLICATES)
    const id = `once-${Date.now()}`
    await duplicates.sendMessages({ body: 1, messageId: id })
    await duplicates.sendMessages({ body: 2, messageId: id })
    await duplicates.sendMessages([
      { body: 3, messageId: id },
      { body: 4, messageId: `${id}-other` },
    ])
    const received = await receiveAll(from, 2)
    expect(received.map(({ body }) => body as number)).toEqual([1, 4])
    await Promise.all(received.map((message) => from.completeMessage(message)))
    // Also when the first one is gone already.
    await duplicates.sendMessages({ body: 5, messageId: id })
    expect(await from.receiveMessages(1, { maxWaitTimeInMs: NOTHING_COMES_MS })).toEqual([])
  })
})

describe('who may', () => {
  test('a queue that there is not is refused', async () => {
    await expect(
      target.client.createSender('conformance-nowhere').sendMessages({ body: 1 }),
    ).rejects.toMatchObject({
      code: 'MessagingEntityNotFound',
    })
    await expect(
      target.client.createReceiver('conformance-nowhere').receiveMessages(1, { maxWaitTimeInMs: 500 }),
    ).rejects.toMatchObject({ code: 'MessagingEntityNotFound' })
  })

  // Microsoft's emulator takes any key.
  if (targetKind !== 'emulator') {
    test('a wrong key opens nothing', async () => {
      const wrong = target.connectionString.replace(/SharedAccessKey=[^;]*/u, 'SharedAccessKey=d3Jvbmc=')
      const stranger = new ServiceBusClient(wrong, { retryOptions: { maxRetries: 0 } })
      await expect(stranger.createSender(PLAIN).sendMessages({ body: 1 })).rejects.toMatchObject({
        code: 'UnauthorizedAccess',
      })
      await stranger.close()
    })
  }
})
