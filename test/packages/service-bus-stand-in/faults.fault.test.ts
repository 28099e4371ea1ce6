import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusReceiver, ServiceBusSender } from '@azure/service-bus'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Faults } from '../../../packages/service-bus-stand-in/faults/index.ts'
import type { RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { NOTHING_COMES_MS, receiveAll, receiveOne } from './conformance/receive.ts'
import { runBroker } from './running-broker.ts'

let broker: RunningBroker
let client: ServiceBusClient
let sender: ServiceBusSender
let receiver: ServiceBusReceiver

beforeEach(async () => {
  broker = await runBroker()
  client = new ServiceBusClient(broker.connectionString, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 50, timeoutInMs: 1000 },
  })
  sender = client.createSender('work')
  receiver = client.createReceiver('work')
})

afterEach(async () => {
  broker.faults.set({ rules: [] })
  await client.close()
  await broker.stop()
})

function plan(...rules: readonly Record<string, unknown>[]): void {
  expect(broker.faults.set({ rules })).toBeUndefined()
}

describe('a connection that is dropped', () => {
  test('before a send is done: the client sends again, and there is one message', async () => {
    plan({ on: 'send', action: 'drop-connection', times: 1 })
    await sender.sendMessages({ body: 'once' })
    expect(
      (await receiver.receiveMessages(5, { maxWaitTimeInMs: 1000 })).map(({ body }) => body as string),
    ).toEqual(['once'])
  })

  test('after a send is done: the client sends again, and there are two, as in Azure', async () => {
    plan({ on: 'send', action: 'drop-connection', after: true, times: 1 })
    await sender.sendMessages({ body: 'twice' })
    expect((await receiveAll(receiver, 2)).map(({ body }) => body as string)).toEqual(['twice', 'twice'])
  })

  test('after a settlement is done: the message is gone, whatever the client was told', async () => {
    await sender.sendMessages({ body: 'settled' })
    const message = await receiveOne(receiver)
    plan({ on: 'settle', action: 'drop-connection', after: true, times: 1 })
    await receiver.completeMessage(message).catch(() => undefined)
    expect(broker.counts()[0]).toMatchObject({ queue: 'work', messages: 0 })
  })
})

describe('a lock that is lost', () => {
  test('after the delivery: the message comes again, and the first holder can not settle', async () => {
    await sender.sendMessages({ body: 'lost' })
    plan({ on: 'deliver', action: 'lose-lock', times: 1 })
    const first = await receiveOne(receiver)
    const second = await receiveOne(receiver)
    expect([first.deliveryCount, second.deliveryCount]).toEqual([0, 1])
    await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: 'MessageLockLost' })
    await receiver.completeMessage(second)
  })

  test('of a session: its holder is told, and another one gets the messages', async () => {
    await client.createSender('ordered').sendMessages([1, 2].map((body) => ({ body, sessionId: 's' })))
    const holder = await client.acceptSession('ordered', 's')
    const message = await receiveOne(holder)
    plan({ on: 'settle', action: 'lose-lock', queue: 'ordered', times: 1 })
    await expect(holder.completeMessage(message)).rejects.toMatchObject({ code: 'SessionLockLost' })
    const next = await client.acceptSession('ordered', 's')
    const messages = await receiveAll(next, 2)
    expect(messages.map(({ body, deliveryCount }) => [body as number, deliveryCount])).toEqual([
      [1, 1],
      [2, 0],
    ])
    await Promise.all(messages.map((one) => next.completeMessage(one)))
  })
})

describe('other faults', () => {
  test('a message that comes twice was acknowledged the first time', async () => {
    await sender.sendMessages({ body: 'double' })
    plan({ on: 'settle', action: 'deliver-twice', times: 1 })
    await receiver.completeMessage(await receiveOne(receiver))
    const again = await receiveOne(receiver)
    expect(again).toMatchObject({ body: 'double', deliveryCount: 1 })
    await receiver.completeMessage(again)
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: NOTHING_COMES_MS })).toEqual([])
  })

  test('a settlement is late by the time of its rule', async () => {
    await sender.sendMessages({ body: 'late' })
    const message = await receiveOne(receiver)
    plan({ on: 'settle', action: 'delay', delayMs: 400, times: 1 })
    const before = performance.now()
    await receiver.completeMessage(message)
    expect(performance.now() - before).toBeGreaterThan(390)
  })

  test('a rule for another queue disturbs nothing', async () => {
    plan({ on: 'settle', action: 'lose-lock', queue: 'ordered' })
    await sender.sendMessages({ body: 1 })
    await receiver.completeMessage(await receiveOne(receiver))
    expect(broker.faults.show().rules).toMatchObject([{ hits: 0 }])
  })
})

describe('a plan', () => {
  test('with one seed disturbs the same deliveries each time', () => {
    const hits = (seed: number): boolean[] => {
      const faults = new Faults()
      faults.set({ seed, rules: [{ on: 'deliver', action: 'lose-lock', probability: 0.3 }] })
      return Array.from({ length: 50 }, () => faults.decide('deliver', 'work') !== undefined)
    }
    expect(hits(7)).toEqual(hits(7))
    expect(hits(7)).not.toEqual(hits(8))
  })

  test('that is wrong says how, and the one before stays', () => {
    const faults = new Faults()
    faults.set({ rules: [{ on: 'settle', action: 'delay', delayMs: 5 }] })
    expect(faults.set({ rules: [{ on: 'send', action: 'lose-lock' }] })).toMatch(/on/u)
    expect(faults.set({ rules: [{ on: 'settle', action: 'delay' }] })).toMatch(/delayMs/u)
    expect(faults.show().rules).toHaveLength(1)
  })
})
