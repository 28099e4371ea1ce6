import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytes, openQueueStage } from './queue-stage.ts'
import type { QueueStage } from './queue-stage.ts'

let stage: QueueStage

beforeAll(async () => {
  stage = await openQueueStage()
})
afterAll(() => stage.stop())

describe('the list of queues', () => {
  test('says what waits, what is dead and what is parked, and how long the oldest is', async () => {
    const many = Array.from({ length: 1_001 }, (_, n) => ({ body: bytes(String(n)) }))
    await stage.bus.send('plain', many)
    await stage.bus.send('ordered', [{ body: bytes('a'), sessionId: 's' }])
    await stage.deadLetter('once', { body: bytes('a') }, { body: bytes('b') })
    await stage.park('ordered', { body: bytes('1') }, { body: bytes('2') })
    await stage.park('gone', {})
    const { status, json } = await stage.ask('list-queues')
    const none = { count: 0, isLowerBound: false }
    const parked = { count: 0, isLowerBound: false, oldestAt: null, oldestAgeSeconds: null }
    const oldest = {
      oldestAt: expect.any(String) as unknown,
      oldestAgeSeconds: expect.any(Number) as unknown,
    }
    expect([status, json]).toEqual([
      200,
      {
        serviceBus: 'ok',
        problem: null,
        queues: [
          {
            name: 'gone',
            hasSessions: false,
            messages: null,
            deadLetters: null,
            parked: { ...parked, count: 1, ...oldest },
          },
          { name: 'letters', hasSessions: false, messages: none, deadLetters: none, parked },
          { name: 'once', hasSessions: false, messages: none, deadLetters: { ...none, count: 2 }, parked },
          {
            name: 'ordered',
            hasSessions: true,
            messages: { ...none, count: 1 },
            deadLetters: none,
            parked: { ...parked, count: 2, ...oldest },
          },
          {
            name: 'plain',
            hasSessions: false,
            messages: { count: 1_000, isLowerBound: true },
            deadLetters: none,
            parked,
          },
        ],
      },
    ])
  })

  test('is told without Service Bus, too', async () => {
    await stage.broker.stop()
    const { status, json } = await stage.ask('list-queues')
    expect(status).toBe(200)
    expect(json).toMatchObject({
      serviceBus: 'unavailable',
      problem: expect.stringContaining('Service Bus') as unknown,
      queues: [{ name: 'gone', parked: { count: 1 } }, { messages: null }, {}, { parked: { count: 2 } }, {}],
    })
  })

  test('is told to nobody but operators', async () => {
    const headers = { authorization: 'Bearer admin@acme' }
    expect((await stage.ask('list-queues', {}, { headers })).status).toBe(403)
  })
})
