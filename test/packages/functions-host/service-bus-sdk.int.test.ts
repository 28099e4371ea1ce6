import { ServiceBusClient } from '@azure/service-bus'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  isConnected,
  onDisconnect,
  receiveSessionBatch,
  withOpened,
} from '../../../packages/functions-host/service-bus/sdk-internals.ts'
import type { RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { runBroker } from '../service-bus-stand-in/running-broker.ts'

let broker: RunningBroker
let client: ServiceBusClient

beforeEach(async () => {
  broker = await runBroker()
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } })
})

afterEach(async () => {
  await client.close().catch(() => undefined)
  await broker.stop()
})

/** A subscription of the queue "work" that tells when it is open and what comes. */
function subscribe(): { readonly opened: () => number; readonly bodies: unknown[] } {
  let opened = 0
  const bodies: unknown[] = []
  const handlers = {
    processMessage: (message: { body: unknown }) => {
      bodies.push(message.body)
      return Promise.resolve()
    },
    processError: () => Promise.resolve(),
  }
  client.createReceiver('work').subscribe(withOpened(handlers, () => opened++))
  return { opened: () => opened, bodies }
}

describe('the insides of the SDK on which the host stands', () => {
  test('an opened receiver is told', async () => {
    const { opened } = subscribe()
    expect(isConnected(client)).toBe(false)
    await expect.poll(opened).toBe(1)
    expect(isConnected(client)).toBe(true)
  })

  test('the end of a connection is told at once, and the client does not connect again', async () => {
    const ends: string[] = []
    onDisconnect(client, ({ message }) => ends.push(message))
    const { opened, bodies } = subscribe()
    await expect.poll(opened).toBe(1)
    broker.faults.set({ rules: [{ on: 'deliver', action: 'drop-connection', times: 1 }] })
    const sending = new ServiceBusClient(broker.connectionString)
    await sending.createSender('work').sendMessages({ body: 1 })
    await expect.poll(() => ends.length).toBe(1)
    expect(isConnected(client)).toBe(false)
    await sending.createSender('work').sendMessages({ body: 2 })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect([opened(), bodies, ends.length]).toEqual([1, [], 1])
    await sending.close()
  })

  test('a connection that is refused is told', async () => {
    const unused = new ServiceBusClient(
      'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;',
      {
        retryOptions: { maxRetries: 0 },
      },
    )
    const ends: string[] = []
    onDisconnect(unused, ({ message }) => ends.push(message))
    await expect(unused.acceptNextSession('ordered')).rejects.toThrow('ECONNREFUSED')
    expect(ends).toEqual([expect.stringContaining('ECONNREFUSED')])
  })

  test('a batch of a session does not wait for a second, and nothing comes after it', async () => {
    const sender = client.createSender('ordered')
    const send = (...bodies: number[]): Promise<void> =>
      sender.sendMessages(bodies.map((body) => ({ body, sessionId: 's' })))
    await send(1, 2)
    const session = await client.acceptNextSession('ordered')
    const begunAtMs = performance.now()
    const batch = await receiveSessionBatch(session, 10, 5_000)
    expect(performance.now() - begunAtMs).toBeLessThan(700)
    expect(batch.map(({ body }) => body as number)).toEqual([1, 2])
    await send(3)
    await Promise.all(batch.map((message) => session.abandonMessage(message)))
    const again = await receiveSessionBatch(session, 10, 5_000)
    expect(again.map(({ body }) => body as number)).toEqual([1, 2, 3])
    await Promise.all(again.map((message) => session.completeMessage(message)))
    expect(await receiveSessionBatch(session, 10, 100)).toEqual([])
    await session.close()
  })
})
