import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusSender, ServiceBusSessionReceiver } from '@azure/service-bus'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { receiveAll, receiveOne } from './receive.ts'
import { SESSIONS, openTarget } from './target.ts'
import type { Target } from './target.ts'

let target: Target
let sender: ServiceBusSender
/** Waits a second for a free session. */
let impatient: ServiceBusClient
/** New for each test: no test meets the sessions of another one. */
let id = ''

beforeAll(async () => {
  target = await openTarget()
  sender = target.client.createSender(SESSIONS)
  const retryOptions = { maxRetries: 0, timeoutInMs: 1000 }
  impatient = new ServiceBusClient(target.connectionString, { retryOptions })
})

afterAll(async () => {
  await impatient.close()
  await target.stop()
})

beforeEach(() => {
  id = randomUUID()
})

const withoutRenewal = { maxAutoLockRenewalDurationInMs: 0 }

async function finish(session: ServiceBusSessionReceiver): Promise<number[]> {
  const bodies: number[] = []
  for (;;) {
    const messages = await session.receiveMessages(100, { maxWaitTimeInMs: 200 })
    if (messages.length === 0) break
    bodies.push(...messages.map(({ body }) => body as number))
    await Promise.all(messages.map((message) => session.completeMessage(message)))
  }
  await session.close()
  return bodies
}

describe('the next session', () => {
  test('is the free one with the oldest message; its messages come in order and no others', async () => {
    const [first, second] = [`${id}-1`, `${id}-2`]
    await sender.sendMessages([
      { body: 1, sessionId: first },
      { body: 2, sessionId: second },
      { body: 3, sessionId: first },
      { body: 4, sessionId: second },
    ])
    const one = await target.client.acceptNextSession(SESSIONS)
    const other = await target.client.acceptNextSession(SESSIONS)
    expect([one.sessionId, other.sessionId]).toEqual([first, second])
    const lockMs = Number(one.sessionLockedUntilUtc) - Date.now()
    expect(lockMs).toBeGreaterThan(target.lockMs - 800)
    expect(lockMs).toBeLessThan(target.lockMs + 800)
    expect(await Promise.all([finish(one), finish(other)])).toEqual([
      [1, 3],
      [2, 4],
    ])
  })

  test('is waited for, and taken when its first message comes', async () => {
    const accepting = target.client.acceptNextSession(SESSIONS)
    await delay(300)
    await sender.sendMessages({ body: 1, sessionId: id })
    const session = await accepting
    expect(session.sessionId).toBe(id)
    expect(await finish(session)).toEqual([1])
  })

  test('that does not come within the time of the client is a timeout, and a later message is not lost by it', async () => {
    await expect(impatient.acceptNextSession(SESSIONS)).rejects.toMatchObject({ code: 'ServiceTimeout' })
    await sender.sendMessages({ body: 1, sessionId: id })
    expect(await finish(await target.client.acceptSession(SESSIONS, id))).toEqual([1])
  })
})

describe('a session', () => {
  test('has one holder; it is free again when that one closes', async () => {
    await sender.sendMessages({ body: 1, sessionId: id })
    const holder = await target.client.acceptSession(SESSIONS, id)
    await expect(target.client.acceptSession(SESSIONS, id)).rejects.toMatchObject({
      code: 'SessionCannotBeLocked',
    })
    await receiveOne(holder)
    await holder.close()
    const next = await target.client.acceptSession(SESSIONS, id)
    const message = await receiveOne(next)
    expect(message).toMatchObject({ body: 1, deliveryCount: 1 })
    await next.completeMessage(message)
    await next.close()
  })

  test('without messages may be accepted by its name, and gets those that come', async () => {
    const holder = await target.client.acceptSession(SESSIONS, id)
    await sender.sendMessages({ body: 1, sessionId: id })
    expect(await finish(holder)).toEqual([1])
  })

  test('gives an abandoned message again before the later ones', async () => {
    await sender.sendMessages([1, 2, 3].map((body) => ({ body, sessionId: id })))
    const session = await target.client.acceptSession(SESSIONS, id)
    const first = await receiveOne(session)
    await session.abandonMessage(first)
    expect(await finish(session)).toEqual([1, 2, 3])
  })

  test('that is renewed stays with its holder', async () => {
    await sender.sendMessages({ body: 1, sessionId: id })
    const session = await target.client.acceptSession(SESSIONS, id, withoutRenewal)
    const before = Number(session.sessionLockedUntilUtc)
    await delay(target.lockMs * 0.5)
    expect(Number(await session.renewSessionLock())).toBeGreaterThan(before)
    await delay(target.lockMs * 0.7)
    await session.completeMessage(await receiveOne(session))
    await session.close()
  })

  test('whose lock runs out is lost for its holder and free for others', async () => {
    await sender.sendMessages({ body: 1, sessionId: id })
    const slow = await target.client.acceptSession(SESSIONS, id, withoutRenewal)
    const message = await receiveOne(slow)
    await delay(target.lockMs + 300)
    const next = await target.client.acceptSession(SESSIONS, id)
    await expect(slow.completeMessage(message)).rejects.toMatchObject({ code: 'SessionLockLost' })
    const again = await receiveOne(next)
    expect(again).toMatchObject({ body: 1, deliveryCount: 1 })
    await next.completeMessage(again)
    await next.close()
  })

  test('has dead letters that are received without a session', async () => {
    await sender.sendMessages({ body: 1, sessionId: id })
    const session = await target.client.acceptSession(SESSIONS, id)
    await session.deadLetterMessage(await receiveOne(session), {
      deadLetterReason: 'No',
      deadLetterErrorDescription: 'not so',
    })
    await session.close()
    const dead = target.client.createReceiver(SESSIONS, { subQueueType: 'deadLetter' })
    const message = await receiveOne(dead)
    expect(message).toMatchObject({ body: 1, sessionId: id, deadLetterReason: 'No' })
    await dead.completeMessage(message)
    await dead.close()
  })

  test('can be looked at without holding it', async () => {
    await sender.sendMessages([1, 2].map((body) => ({ body, sessionId: id })))
    const session = await target.client.acceptSession(SESSIONS, id)
    expect((await session.peekMessages(5)).map(({ body }) => body as number)).toEqual([1, 2])
    expect(await finish(session)).toEqual([1, 2])
  })
})

describe('a queue of sessions', () => {
  test('takes no message without a session, and none of a batch with such a message', async () => {
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ name: 'ServiceBusError' })
    await expect(sender.sendMessages([{ body: 1, sessionId: id }, { body: 2 }])).rejects.toMatchObject({
      name: 'ServiceBusError',
    })
    const session = await target.client.acceptSession(SESSIONS, id)
    expect(await session.receiveMessages(1, { maxWaitTimeInMs: 300 })).toEqual([])
    await session.close()
  })

  test('has no receiver without a session', async () => {
    const receiver = target.client.createReceiver(SESSIONS)
    await expect(receiver.receiveMessages(1, { maxWaitTimeInMs: 500 })).rejects.toMatchObject({
      name: 'ServiceBusError',
    })
  })

  test('keeps the order of each of many sessions under eight workers', async () => {
    const sessions = Array.from({ length: 24 }, (_, index) => `${id}-${index}`)
    for (let round = 0; round < 5; round += 1)
      await sender.sendMessages(sessions.map((sessionId) => ({ body: round, sessionId })))
    const orders = new Map<string, number[]>()
    const work = async (): Promise<void> => {
      while (orders.size < sessions.length) {
        const session = await impatient.acceptNextSession(SESSIONS).catch(() => undefined)
        if (session === undefined) return
        orders.set(
          session.sessionId,
          (await receiveAll(session, 5)).map(({ body }) => body as number),
        )
        await session.close()
      }
    }
    await Promise.all(Array.from({ length: 8 }, work))
    expect([...orders.values()]).toEqual(sessions.map(() => [0, 1, 2, 3, 4]))
  })
})
