import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { ServiceBus } from '../../../shared/service-bus/index.ts'
import { runBroker } from '../../packages/service-bus-stand-in/running-broker.ts'

const work = { queue: 'work', isDeadLetter: false }
const dead = { queue: 'work', isDeadLetter: true }

let broker: RunningBroker
let bus: ServiceBus

beforeEach(async () => {
  broker = await runBroker()
  bus = busOf(broker.connectionString)
})

afterEach(async () => {
  broker.faults.set({ rules: [] })
  await bus.close()
  await broker.stop()
})

const busOf = (connectionString: string | undefined): ServiceBus =>
  new ServiceBus({ setting: 'ServiceBusConnection', connectionString })

const bytes = (text: string): Buffer => Buffer.from(text)

/** Messages that failed as often as the queue allows. */
async function deadLetters(count: number): Promise<void> {
  await bus.send(
    'work',
    Array.from({ length: count }, (_, index) => ({ body: bytes(`dead ${index}`) })),
  )
  const taking = await bus.take(work)
  for (;;) {
    const messages = await taking.receive(count, 300)
    if (messages.length === 0) break
    for (const message of messages) await taking.abandon(message)
  }
  await taking.close()
}

describe('a message', () => {
  test('is stored with its bytes and all that it says', async () => {
    const message = {
      body: Buffer.from([0, 255, 10, 123]),
      contentType: 'application/octet-stream',
      messageId: '42',
      correlationId: 'c-1',
      subject: 'order.placed',
      properties: { tenant: 'acme', attempt: 3, isTest: true },
      timeToLiveMs: 60_000,
    }
    await bus.send('work', [message])
    const [stored] = await bus.peek(work, { messagesMax: 10 })
    expect(stored).toMatchObject({ ...message, bodyKind: 'data', sequenceNumber: 1n, deliveryCount: 0 })
    expect(Math.abs((stored?.enqueuedAt.getTime() ?? 0) - Date.now())).toBeLessThan(10_000)
  })

  test('of a session is sent with its session', async () => {
    await bus.send('ordered', [{ body: bytes('1'), sessionId: 'stream-1' }])
    const stored = await bus.peek({ queue: 'ordered', isDeadLetter: false }, { messagesMax: 10 })
    expect(stored).toMatchObject([{ sessionId: 'stream-1' }])
  })

  test('is taken once it is completed, and comes again when it is abandoned', async () => {
    await bus.send('work', [{ body: bytes('a') }])
    const taking = await bus.take(work)
    const [first] = await taking.receive(5, 1000)
    if (first === undefined) throw new Error('nothing came')
    await taking.abandon(first)
    const [second] = await taking.receive(5, 1000)
    if (second === undefined) throw new Error('nothing came again')
    expect(second).toMatchObject({ deliveryCount: 1, body: bytes('a') })
    await taking.complete(second)
    expect(await taking.receive(5, 100)).toEqual([])
    await taking.close()
  })
})

describe('the dead-letter queue', () => {
  test('is looked at from any number on, with reasons, and its messages are taken one by one', async () => {
    await deadLetters(3)
    const all = await bus.peek(dead, { messagesMax: 10 })
    expect(all.map(({ body }) => String(body))).toEqual(['dead 0', 'dead 1', 'dead 2'])
    expect(all[0]).toMatchObject({ deadLetterReason: 'MaxDeliveryCountExceeded' })
    const later = await bus.peek(dead, { from: (all[0]?.sequenceNumber ?? 0n) + 1n, messagesMax: 1 })
    expect(later).toMatchObject([{ sequenceNumber: all[1]?.sequenceNumber }])
    const taking = await bus.take(dead)
    const taken = await taking.receive(10, 1000)
    for (const message of taken) await taking.complete(message)
    await taking.close()
    expect(await bus.peek(dead, { messagesMax: 10 })).toEqual([])
  })
})

describe('what can not be done is told by its code', () => {
  test('a queue that is not there', async () => {
    await expect(bus.send('nowhere', [{ body: bytes('a') }])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      detail: expect.stringContaining('no queue nowhere') as string,
    })
    await expect(
      bus.peek({ queue: 'nowhere', isDeadLetter: true }, { messagesMax: 1 }),
    ).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    })
  })

  test('a wrong key, whose connection stays as it is', async () => {
    const stranger = busOf(broker.connectionString.replace(/SharedAccessKey=[^;]+/u, 'SharedAccessKey=wrong'))
    await expect(stranger.send('work', [{ body: bytes('a') }])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      detail: expect.stringContaining('refuses access') as string,
    })
    await stranger.close()
  })

  test('a message that is too large', async () => {
    await expect(bus.send('work', [{ body: Buffer.alloc(300_000) }])).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    })
  })

  test('a message without a session in a queue with sessions', async () => {
    await expect(bus.send('ordered', [{ body: bytes('a') }])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      detail: expect.stringContaining('session') as string,
    })
  })

  test('a lock that is lost', async () => {
    await bus.send('work', [{ body: bytes('a') }])
    broker.faults.set({ rules: [{ on: 'deliver', action: 'lose-lock', times: 1 }] })
    const taking = await bus.take(work)
    const [message] = await taking.receive(1, 1000)
    if (message === undefined) throw new Error('nothing came')
    await expect(taking.complete(message)).rejects.toMatchObject({ code: 'MESSAGE_LOCK_LOST', status: 503 })
    await taking.close()
  })

  test.each([
    ['no settings at all', undefined, /there is no Service Bus/u],
    ['a connection string that is none', 'Endpoint=sb://x', /connection string/u],
  ])('%s', async (_, connectionString, detail) => {
    const unset = busOf(connectionString)
    expect(unset.isSet).toBe(connectionString !== undefined)
    await expect(unset.send('work', [{ body: bytes('a') }])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      detail: expect.stringMatching(detail) as string,
    })
    await expect(unset.take(work)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
    await unset.close()
  })
})

describe('a connection that is lost', () => {
  test('costs one attempt: the same send goes on with a new client', async () => {
    await bus.send('work', [{ body: bytes('before') }])
    broker.faults.set({ rules: [{ on: 'send', action: 'drop-connection', times: 1 }] })
    const beganMs = performance.now()
    await bus.send('work', [{ body: bytes('after') }], { timeoutMs: 4000 })
    expect(performance.now() - beganMs).toBeLessThan(3500)
    const stored = await bus.peek(work, { messagesMax: 10 })
    expect(stored.map(({ body }) => String(body))).toEqual(['before', 'after'])
  })

  test('and does not come back ends the call within its time, and later calls work', async () => {
    const address = /sb:\/\/([^;/]+)/u.exec(broker.connectionString)?.[1] ?? ''
    const proxy = await TcpProxy.start(`http://${address}`)
    const through = busOf(
      broker.connectionString.replace(address, new URL(proxy.url(`http://${address}`)).host),
    )
    await through.send('work', [{ body: bytes('1') }])
    proxy.refusesNew = true
    proxy.cutAll()
    const beganMs = performance.now()
    await expect(through.send('work', [{ body: bytes('2') }], { timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'SERVICE_BUS_UNAVAILABLE',
      retryable: true,
    })
    expect(performance.now() - beganMs).toBeLessThan(1500)
    proxy.refusesNew = false
    await through.send('work', [{ body: bytes('3') }])
    await through.close()
    await proxy.close()
    const stored = await bus.peek(work, { messagesMax: 10 })
    expect(stored.map(({ body }) => String(body))).toEqual(['1', '3'])
  })
})
