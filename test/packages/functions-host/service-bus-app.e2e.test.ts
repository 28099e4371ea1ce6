import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServiceBusClient } from '@azure/service-bus'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { conformanceQueues, startGoodProcess } from '../../local/service-bus/broker-process.ts'
import type { BrokerProcess } from '../../local/service-bus/broker-process.ts'
import { DUPLICATES, PLAIN, SESSIONS } from '../service-bus-stand-in/conformance/target.ts'
import { startHost, stopEverything } from './host-process.ts'
import { REPORT, reportsOf } from './service-bus-stage.ts'

let folder = ''
let broker: BrokerProcess

const queuesFile = (): string => join(folder, 'queues.json')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-service-bus-'))
  // Each kill costs deliveries, and none may become a dead letter by that.
  const queues = await readFile(conformanceQueues, 'utf8')
  await writeFile(queuesFile(), queues.replaceAll('"maxDeliveryCount": 3', '"maxDeliveryCount": 100'))
  broker = await startGoodProcess(folder, 0, queuesFile())
})

afterEach(async () => {
  await stopEverything()
  await broker.kill()
  await rm(folder, { recursive: true, force: true })
})

const SOURCE = `${REPORT}
app.serviceBusQueue('one', { queueName: '${PLAIN}', connection: 'Bus', handler: async (message) => { await sleep(2); report(['one', [message]]) } })
app.serviceBusQueue('many', { queueName: '${DUPLICATES}', connection: 'Bus', cardinality: 'many', handler: async (messages) => { await sleep(20); report(['many', messages]) } })
app.serviceBusQueue('ordered', { queueName: '${SESSIONS}', connection: 'Bus', isSessionsEnabled: true, handler: async (message, context) => { await sleep(2); report([context.triggerMetadata.sessionId, [message]]) } })
`

const COUNT = 300
const SESSION_NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

async function send(): Promise<void> {
  const client = new ServiceBusClient(broker.connectionString)
  const all = Array.from({ length: COUNT }, (_, body) => ({ body, messageId: `m${body}` }))
  await client.createSender(PLAIN).sendMessages(all)
  await client.createSender(DUPLICATES).sendMessages(all)
  for (const sessionId of SESSION_NAMES)
    await client
      .createSender(SESSIONS)
      .sendMessages(all.slice(0, COUNT / SESSION_NAMES.length).map((message) => ({ ...message, sessionId })))
  await client.close()
}

async function messagesLeft(): Promise<number> {
  const answer = (await (await fetch(broker.faultsUrl)).json()) as {
    queues: { messages: number; deadLetters: number }[]
  }
  expect(answer.queues.map(({ deadLetters }) => deadLetters)).toEqual(answer.queues.map(() => 0))
  return answer.queues.reduce((sum, { messages }) => sum + messages, 0)
}

test('an app with three functions handles everything while the broker and the host are killed', async () => {
  const hostJson = {
    version: '2.0',
    extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' },
    extensions: {
      serviceBus: { maxMessageBatchSize: 50, maxConcurrentCalls: 4, sessionIdleTimeout: '00:00:00.2' },
    },
  }
  await send()
  const request = { source: SOURCE, hostJson, environment: { Bus: broker.connectionString } }
  const first = await startHost(request)
  await expect.poll(() => reportsOf(first).length, { timeout: 20_000 }).toBeGreaterThan(30)
  await broker.kill()
  await first.seen(/Can't receive/u)
  broker = await startGoodProcess(folder, broker.port, queuesFile())
  const before = reportsOf(first).length
  await expect.poll(() => reportsOf(first).length, { timeout: 20_000 }).toBeGreaterThan(before + 10)
  first.process.kill('SIGKILL')
  await first.exited()
  const second = await startHost({ environment: { Bus: broker.connectionString }, again: first })
  await expect.poll(messagesLeft, { timeout: 60_000, interval: 200 }).toBe(0)
  const handled = new Map<string, number[]>()
  for (const host of [first, second]) {
    for (const [name, bodies] of reportsOf<[string, number[]]>(host))
      handled.set(name, [...(handled.get(name) ?? []), ...bodies])
  }
  const numbers = Array.from({ length: COUNT }, (_, number) => number)
  for (const name of ['one', 'many'])
    expect([...new Set(handled.get(name))].sort((left, right) => left - right)).toEqual(numbers)
  // In order, where what was handled before a kill may come once more.
  for (const name of SESSION_NAMES)
    expect([...new Set(handled.get(name))]).toEqual(numbers.slice(0, COUNT / SESSION_NAMES.length))
  expect(await second.stop()).toBe(0)
}, 180_000)
