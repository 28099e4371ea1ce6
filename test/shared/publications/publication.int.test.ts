import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBroker } from '../../../packages/service-bus-stand-in/index.ts'
import type { RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import { parseExactJson } from '../../../shared/json/index.ts'
import { sessionIdOf } from '../../../shared/messages/index.ts'
import { definePublication } from '../../../shared/publications/index.ts'
import type { PublicationDefinition } from '../../../shared/publications/index.ts'
import { ServiceBus } from '../../../shared/service-bus/index.ts'
import { runSubscription } from '../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { queueSettings } from '../../packages/service-bus-stand-in/running-broker.ts'
import { appendOf } from '../event-store/support.ts'
import { ample, openStage, parkedStates, runToEnd } from '../subscriptions/group-support.ts'
import type { Stage } from '../subscriptions/group-support.ts'
import { subscriptionRow } from '../subscriptions/support.ts'

const TOPIC = 'orders'

let stage: Stage
let store: PostgresEventStore
let acme: TenantContext
let other: TenantContext
let dataFolder = ''
let broker: RunningBroker
let bus: ServiceBus
let client: ServiceBusClient

beforeAll(async () => {
  stage = await openStage()
  store = new PostgresEventStore(stage.database.pool('trickle_app', 2))
  acme = await stage.tenant('acme')
  other = await stage.tenant('other')
  dataFolder = await mkdtemp(join(tmpdir(), 'trickle-topics-'))
  await openBroker(0)
})
afterAll(async () => {
  await closeBroker()
  await rm(dataFolder, { recursive: true, force: true })
  await stage.database.drop()
})

async function openBroker(port: number): Promise<void> {
  const ordered = { ...queueSettings, name: 'ordered', requiresSession: true }
  broker = await startBroker({
    queues: [],
    topics: [{ name: TOPIC, subscriptions: [{ ...queueSettings, name: 'all' }, ordered] }],
    dataFolder,
    port,
    key: { name: 'test', value: 'a key' },
  })
  const { connectionString } = broker
  bus = new ServiceBus({ setting: 'ServiceBusConnection', connectionString })
  client = new ServiceBusClient(connectionString, { retryOptions: { timeoutInMs: 5_000 } })
}

async function closeBroker(): Promise<void> {
  await client.close()
  await bus.close()
  await broker.stop()
}

const publication = (name: string, options: Partial<PublicationDefinition> = {}) =>
  definePublication({ name, topic: TOPIC, startAt: 'now', sender: () => bus, ...options })

/** A subscription begins at the end of the log: so each test sees its own events alone. */
async function begin(name: string, options: Partial<PublicationDefinition> = {}) {
  const subscription = publication(name, options)
  await runSubscription(stage.worker, subscription, ample)
  return subscription
}

/** Everything that is there, taken away. */
async function received(subscription = 'all'): Promise<ServiceBusReceivedMessage[]> {
  const receiver = client.createReceiver(TOPIC, subscription, {
    receiveMode: 'receiveAndDelete',
    skipParsingBodyAsJson: true,
  })
  const messages: ServiceBusReceivedMessage[] = []
  for (;;) {
    const some = await receiver.receiveMessages(500, { maxWaitTimeInMs: 500 })
    if (some.length === 0) break
    messages.push(...some)
  }
  await receiver.close()
  return messages
}

it('sends each event as a CloudEvent, with every number as it is stored', async () => {
  const subscription = await begin('whole')
  const event = {
    id: 'e-1',
    source: '/shop',
    type: 'OrderPlaced',
    time: '2026-12-01T10:00:00.000Z',
    data: { total: parseExactJson('9007199254740993001'), note: 'ä "x"' },
    metadata: { secret: 'ours' },
    correlationId: 'c-1',
  }
  await store.append(acme, appendOf('order-1', { events: [event] }))
  await runToEnd(stage, subscription)
  const [message] = await received()
  await received('ordered').catch(() => [])
  const text = String(message?.body)
  expect(message).toMatchObject({
    contentType: 'application/cloudevents+json; charset=utf-8',
    subject: 'OrderPlaced',
    sessionId: sessionIdOf(acme.tenantId, 'order-1'),
    correlationId: 'c-1',
    applicationProperties: { tenant: acme.tenantId, type: 'OrderPlaced' },
  })
  expect(text).toContain('9007199254740993001')
  expect(text).not.toContain('ours')
  expect(JSON.parse(text)).toMatchObject({
    specversion: '1.0',
    id: 'e-1',
    source: '/shop',
    type: 'OrderPlaced',
    subject: 'order-1',
    time: '2026-12-01T10:00:00Z',
    datacontenttype: 'application/json',
    tenant: acme.tenantId,
    streamversion: 1,
    correlationid: 'c-1',
    data: { note: 'ä "x"' },
  })
})

it('keeps the order of each stream, and streams of two tenants apart', async () => {
  const subscription = await begin('ordered')
  for (let round = 0; round < 5; round += 1)
    for (const tenant of [acme, other]) await stage.append(tenant, 'same-name', 4)
  await runToEnd(stage, subscription)
  for (const tenant of [acme, other]) {
    const session = await client.acceptSession(TOPIC, 'ordered', sessionIdOf(tenant.tenantId, 'same-name'), {
      receiveMode: 'receiveAndDelete',
    })
    const versions: number[] = []
    while (versions.length < 20) {
      const messages = await session.receiveMessages(20, { maxWaitTimeInMs: 1_000 })
      versions.push(
        ...messages.map((message) => (bodyOf(message) as { streamversion: number }).streamversion),
      )
      expect(
        messages.every(({ applicationProperties }) => applicationProperties?.['tenant'] === tenant.tenantId),
      ).toBe(true)
    }
    await session.close()
    expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  }
  const ids = (await received()).map(({ messageId }) => messageId)
  expect(new Set(ids).size).toBe(40)
})

it('sends a form of its own, and nothing where it says so', async () => {
  const subscription = await begin('formed', {
    types: ['Noted'],
    publish: (event) =>
      event.version === 2 ? null : { type: `public.${event.type}`, data: { v: event.version } },
  })
  await stage.append(acme, 'formed', 3)
  await stage.append(acme, 'formed', 1, 'Internal')
  await runToEnd(stage, subscription)
  const bodies = (await received()).map((message) => bodyOf(message) as { type: string; data: unknown })
  expect(bodies.map(({ type, data }) => [type, data])).toEqual([
    ['public.Noted', { v: 1 }],
    ['public.Noted', { v: 3 }],
  ])
})

it('loses nothing while the service is away or the topic is missing, and parks nothing', async () => {
  const subscription = await begin('away', { maxAttempts: 1 })
  const nowhere = publication('away', { maxAttempts: 1, topic: 'missing' })
  await stage.append(acme, 'away', 3)
  const port = broker.port
  await closeBroker()
  const away = await runSubscription(stage.worker, subscription, ample)
  expect(away.outcome).toBe('waiting')
  await openBroker(port)
  await stage.admin.query('update trickle_subscriptions_state.members set retry_at = null')
  expect((await runSubscription(stage.worker, nowhere, ample)).outcome).toBe('waiting')
  expect((await subscriptionRow(stage.admin, 'away')).error).toContain('missing')
  expect(await parkedStates(stage.admin, 'away')).toEqual([])
  await runToEnd(stage, subscription)
  expect(
    (await received()).map((message) => (bodyOf(message) as { streamversion: number }).streamversion),
  ).toEqual([1, 2, 3])
})

it('parks what can never be sent, and its stream waits', async () => {
  const subscription = await begin('large', { maxAttempts: 2 })
  const big = { id: 'big', type: 'Noted', data: 'x'.repeat(900_000), metadata: {} }
  await store.append(acme, appendOf('large', { events: [big] }))
  await stage.append(acme, 'large', 1)
  await stage.append(acme, 'small', 1)
  await runToEnd(stage, subscription)
  expect(await parkedStates(stage.admin, 'large')).toEqual(['large 1 parked', 'large 2 waiting'])
  expect((await received()).map((message) => (bodyOf(message) as { subject: string }).subject)).toEqual([
    'small',
  ])
})

function bodyOf({ body }: ServiceBusReceivedMessage): unknown {
  return Buffer.isBuffer(body) ? JSON.parse(body.toString()) : body
}
