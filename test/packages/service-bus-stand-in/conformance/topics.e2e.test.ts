import type { ServiceBusReceiver } from '@azure/service-bus'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { NOTHING_COMES_MS, receiveAll, receiveOne } from './receive.ts'
import { TOPIC, openTarget } from './target.ts'
import type { Target } from './target.ts'

let target: Target
const opened: ServiceBusReceiver[] = []

beforeAll(async () => {
  target = await openTarget()
})
afterAll(() => target.stop())
afterEach(async () => {
  await Promise.all(opened.splice(0).map((receiver) => receiver.close()))
})

function opening(receiver: ServiceBusReceiver): ServiceBusReceiver {
  opened.push(receiver)
  return receiver
}

const plain = (): ServiceBusReceiver => opening(target.client.createReceiver(TOPIC, 'plain'))
const session = async (id: string): Promise<ServiceBusReceiver> =>
  opening(await target.client.acceptSession(TOPIC, 'sessions', id))

test('a message goes to each subscription, which settle it each by itself', async () => {
  const sender = target.client.createSender(TOPIC)
  await sender.sendMessages({ body: 'news', messageId: 'n-1', sessionId: 's-1', subject: 'Ordered' })
  const [first, second] = [plain(), await session('s-1')]
  const ofPlain = await receiveOne(first)
  const ofSessions = await receiveOne(second)
  expect([ofPlain, ofSessions]).toMatchObject([
    { body: 'news', messageId: 'n-1', sessionId: 's-1', subject: 'Ordered', deliveryCount: 0 },
    { body: 'news', messageId: 'n-1', sessionId: 's-1', subject: 'Ordered', deliveryCount: 0 },
  ])
  await first.completeMessage(ofPlain)
  await second.abandonMessage(ofSessions)
  const again = await receiveOne(second)
  expect(again.deliveryCount).toBe(1)
  await second.completeMessage(again)
  expect(await first.receiveMessages(1, { maxWaitTimeInMs: NOTHING_COMES_MS })).toEqual([])
})

test('a batch keeps the order of its sessions', async () => {
  const sender = target.client.createSender(TOPIC)
  const batch = await sender.createMessageBatch()
  for (let number = 0; number < 40; number += 1)
    batch.tryAddMessage({ body: number, messageId: `b-${number}`, sessionId: `b-${number % 2}` })
  await sender.sendMessages(batch)
  for (const remainder of [0, 1]) {
    const receiver = await session(`b-${remainder}`)
    const messages = await receiveAll(receiver, 20)
    expect(messages.map(({ body }) => body as number)).toEqual(
      Array.from({ length: 20 }, (_, index) => index * 2 + remainder),
    )
    for (const message of messages) await receiver.completeMessage(message)
  }
  const others = plain()
  const copies = await receiveAll(others, 40)
  expect(copies).toHaveLength(40)
  for (const message of copies) await others.completeMessage(message)
})

test('a subscription has dead letters of its own', async () => {
  await target.client.createSender(TOPIC).sendMessages({ body: 'bad', messageId: 'd-1', sessionId: 'd' })
  const receiver = plain()
  await receiver.deadLetterMessage(await receiveOne(receiver), {
    deadLetterReason: 'no use',
    deadLetterErrorDescription: 'x',
  })
  const dead = opening(target.client.createReceiver(TOPIC, 'plain', { subQueueType: 'deadLetter' }))
  const message = await receiveOne(dead)
  expect(message).toMatchObject({ messageId: 'd-1', deadLetterReason: 'no use' })
  await dead.completeMessage(message)
  const other = await session('d')
  await other.completeMessage(await receiveOne(other))
})

test('nobody receives from the topic itself, nor from a subscription that is not there', async () => {
  const ofTopic = opening(target.client.createReceiver(TOPIC))
  await expect(ofTopic.receiveMessages(1)).rejects.toHaveProperty('name', 'ServiceBusError')
  const missing = opening(target.client.createReceiver(TOPIC, 'missing'))
  await expect(missing.receiveMessages(1)).rejects.toMatchObject({ code: 'MessagingEntityNotFound' })
})
