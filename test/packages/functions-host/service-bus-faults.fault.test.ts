import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ServiceBusClient } from '@azure/service-bus'
import { startBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { stopEverything } from './host-process.ts'
import { openStage, reportsOf, soon, stageQueues } from './service-bus-stage.ts'
import type { Stage } from './service-bus-stage.ts'

let stage: Stage

beforeEach(async () => {
  stage = await openStage()
})

afterEach(async () => {
  await stopEverything()
  await stage.stop()
})

const plan = (...rules: readonly object[]): void => {
  expect(stage.broker.faults.set({ rules })).toBeUndefined()
}

const ONE = `app.serviceBusQueue('one', { queueName: 'plain', connection: 'Bus', handler: async (message, context) => {
  report([message, context.triggerMetadata.deliveryCount])
  if (message === 'slow') await sleep(1000) } })`

describe('a connection that is dropped', () => {
  test('while a function works: its message is completed over the next one, and not run again', async () => {
    const host = await stage.host({ source: ONE })
    await stage.send('plain', { body: 'slow' })
    await host.seen(/REPORT/u)
    plan({ on: 'deliver', action: 'drop-connection', times: 1 })
    await stage.send('plain', { body: 'next' })
    // 'next' was delivered into the dropped connection: it stays locked for its 30 s. 'slow' is gone.
    await expect.poll(() => stage.countOf('plain'), soon).toBe(1)
    expect(reportsOf(host)).toEqual([['slow', 1]])
    await host.seen(/warning one Can't receive from 'plain'; it is tried until it can/u)
    await host.seen(/information one Receives from 'plain' again\./u)
    await stage.send('plain', { body: 'after' })
    await expect.poll(() => reportsOf(host).at(-1), soon).toEqual(['after', 1])
    expect(await host.stop()).toBe(0)
  })

  test('again and again: everything is received within seconds, and no session loses its order', async () => {
    plan(
      { on: 'settle', action: 'drop-connection', probability: 0.02 },
      { on: 'settle', action: 'drop-connection', after: true, probability: 0.02 },
      { on: 'settle', action: 'lose-lock', probability: 0.02 },
      { on: 'settle', action: 'deliver-twice', probability: 0.02 },
    )
    const host = await stage.host({
      serviceBus: { sessionIdleTimeout: '00:00:00.2', maxMessageBatchSize: 7, maxConcurrentSessions: 2 },
      source: `
app.serviceBusQueue('one', { queueName: 'short', connection: 'Bus', handler: (message) => report(['one', message]) })
app.serviceBusQueue('ordered', { queueName: 'short-sessions', connection: 'Bus', isSessionsEnabled: true, handler: (message, context) => report([context.triggerMetadata.sessionId, message]) })`,
    })
    const numbers = Array.from({ length: 40 }, (_, index) => index)
    await stage.send('short', ...numbers.map((body) => ({ body })))
    for (const sessionId of ['a', 'b', 'c'])
      await stage.send('short-sessions', ...numbers.map((body) => ({ body, sessionId })))
    const left = (): number => stage.countOf('short') + stage.countOf('short-sessions')
    await expect.poll(left, { timeout: 60_000 }).toBe(0)
    for (const name of ['one', 'a', 'b', 'c']) {
      const seen = reportsOf<[string, number]>(host).filter(([from]) => from === name)
      const firsts = [...new Set(seen.map(([, body]) => body))]
      expect(name === 'one' ? firsts.sort((left, right) => left - right) : firsts).toEqual(numbers)
    }
    expect(await stage.deadLetters('short')).toEqual([])
    expect(await host.stop()).toBe(0)
  }, 120_000)
})

describe('a lock that is lost', () => {
  test('while a function works: the message comes again, and the loss is told', async () => {
    const host = await stage.host({ source: ONE })
    plan({ on: 'settle', action: 'lose-lock', times: 1 })
    await stage.send('plain', { body: 'lost' })
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect(reportsOf(host)).toEqual([
      ['lost', 1],
      ['lost', 2],
    ])
    await host.seen(/warning one 1 of 1 messages could not be settled \(complete\) and may come again/u)
    expect(await host.stop()).toBe(0)
  })
})

describe('a host that is killed while a function works', () => {
  test('loses nothing: the message comes again when its lock ends, with its delivery counted', async () => {
    const source = `app.serviceBusQueue('one', { queueName: 'short', connection: 'Bus', handler: async (message, context) => {
      report([message, context.triggerMetadata.deliveryCount])
      if (context.triggerMetadata.deliveryCount === 1) await sleep(60000) } })`
    const killed = await stage.host({ source })
    await stage.send('short', { body: 'kept' })
    await killed.seen(/REPORT/u)
    killed.process.kill('SIGKILL')
    await killed.exited()
    const next = await stage.host({ source })
    await expect.poll(() => reportsOf(next), soon).toEqual([['kept', 2]])
    await expect.poll(() => stage.countOf('short'), soon).toBe(0)
    expect(await next.stop()).toBe(0)
  })
})

describe('a broker that is away', () => {
  const key = { name: 'test', value: 'a key' }
  let dataFolder = ''

  beforeEach(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'trickle-service-bus-'))
  })

  afterEach(async () => {
    await rm(dataFolder, { recursive: true, force: true })
  })

  const send = async (connectionString: string, ...bodies: string[]): Promise<void> => {
    const client = new ServiceBusClient(connectionString)
    await client.createSender('plain').sendMessages(bodies.map((body) => ({ body })))
    await client.createSender('sessions').sendMessages(bodies.map((body) => ({ body, sessionId: 's' })))
    await client.close()
  }

  test('is found within seconds when it is back, and its absence is told once for each function', async () => {
    let broker = await startBroker({ queues: stageQueues, dataFolder, key })
    const { connectionString, port } = broker
    const host = await stage.host({
      environment: { Bus: connectionString },
      serviceBus: { maxConcurrentSessions: 4 },
      source: `
app.serviceBusQueue('one', { queueName: 'plain', connection: 'Bus', handler: (message) => report(['one', message]) })
app.serviceBusQueue('ordered', { queueName: 'sessions', connection: 'Bus', isSessionsEnabled: true, handler: (message) => report(['ordered', message]) })
app.http('alive', { handler: () => ({ body: String(process.cpuUsage().user) }) })`,
    })
    await send(connectionString, 'before')
    await expect.poll(() => reportsOf(host).length, soon).toBe(2)
    await broker.stop()
    await host.seen(/warning one Can't receive/u)
    await host.seen(/warning ordered Can't receive/u)
    const cpuUs = async (): Promise<number> => Number(await (await host.fetch('/alive')).text())
    const before = await cpuUs()
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    // It does not spin: five receivers try again every 3 s.
    expect((await cpuUs()) - before).toBeLessThan(1_500_000)
    broker = await startBroker({ queues: stageQueues, dataFolder, key, port })
    const backAtMs = performance.now()
    await send(connectionString, 'after')
    await expect.poll(() => reportsOf(host).length, soon).toBe(4)
    expect(performance.now() - backAtMs).toBeLessThan(8_000)
    await host.seen(/information one Receives from 'plain' again/u)
    await host.seen(/information ordered Receives from 'sessions' again/u)
    expect(host.output().match(/Can't receive/gu)).toHaveLength(2)
    expect(await host.stop()).toBe(0)
    await broker.stop()
  }, 60_000)

  test('from the start keeps neither the host from starting nor from stopping', async () => {
    const broker = await startBroker({ queues: stageQueues, dataFolder, key })
    await broker.stop()
    const host = await stage.host({ source: ONE, environment: { Bus: broker.connectionString } })
    await host.seen(/Can't receive from 'plain'.*ECONNREFUSED/u)
    expect(await host.stop()).toBe(0)
  })
})

test('a queue that is not there is told once, and the other functions receive', async () => {
  const host = await stage.host({
    source: `${ONE}
app.serviceBusQueue('lost', { queueName: 'nowhere', connection: 'Bus', handler: () => {} })
app.serviceBusQueue('wrong', { queueName: 'sessions', connection: 'Bus', handler: () => {} })`,
  })
  await host.seen(/warning lost Can't receive from 'nowhere'/u)
  await host.seen(/warning wrong Can't receive from 'sessions'/u)
  await stage.send('plain', { body: 'fine' })
  await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(host.output().match(/Can't receive/gu)).toHaveLength(2)
  expect(await host.stop()).toBe(0)
})

test('a drain stops receiving and lets runs end; resume receives again', async () => {
  const host = await stage.host({ source: ONE })
  await stage.send('plain', { body: 'slow' })
  await host.seen(/REPORT/u)
  expect((await host.admin('/admin/host/drain', { method: 'POST' })).status).toBe(202)
  const status = async (): Promise<unknown> => (await host.admin('/admin/host/drain/status')).json()
  expect(await status()).toMatchObject({ state: 'InProgress', outstandingInvocations: 1 })
  await expect.poll(status, soon).toMatchObject({ state: 'Completed' })
  await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
  await stage.send('plain', { body: 'waits' })
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(reportsOf(host)).toEqual([['slow', 1]])
  expect((await host.admin('/admin/host/resume', { method: 'POST' })).status).toBe(200)
  await expect.poll(() => reportsOf(host).at(-1), soon).toEqual(['waits', 1])
  expect(await host.stop()).toBe(0)
})
