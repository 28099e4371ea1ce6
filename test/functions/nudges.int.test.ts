import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServiceBusClient } from '@azure/service-bus'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Platform } from '../../functions/platform.ts'
import { brokerSettings } from '../../local/service-bus/index.ts'
import { parseQueues } from '../../local/service-bus-queues/index.ts'
import { startBroker } from '../../packages/service-bus-stand-in/index.ts'
import type { RunningBroker } from '../../packages/service-bus-stand-in/index.ts'
import { registerTriggers } from '../../shared/context/index.ts'
import { defineSubscription } from '../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { platformOn } from '../support/context-stage.ts'
import { createOwnServer } from '../support/database.ts'
import { appendOf } from '../shared/event-store/support.ts'

const QUEUES_FILE = 'infra/service-bus/queues.json'

let database: Awaited<ReturnType<typeof createOwnServer>>
let folder: string
let broker: RunningBroker
let platform: Platform
let acme: TenantContext
let client: ServiceBusClient

/** No timer runs here, so what is handled was nudged. */
const patience = { interval: 10, timeout: 30_000 }

/** Streams whose events were handled, with the time. */
const handled = new Map<string, number>()
const noted = defineSubscription({
  name: 'noted',
  handle: ({ streamId }) => {
    handled.set(streamId, performance.now())
  },
})

beforeAll(async () => {
  database = await createOwnServer()
  folder = await mkdtemp(join(tmpdir(), 'trickle-nudges-'))
  const queues = parseQueues(await readFile(QUEUES_FILE, 'utf8'), QUEUES_FILE)
  broker = await startBroker({
    queues: queues.map(brokerSettings),
    dataFolder: folder,
    key: { name: 'test', value: 'a key' },
  })
  platform = platformOn(
    database,
    {},
    { ServiceBusConnection: broker.connectionString },
    {
      subscriptionNames: () => ['noted'],
    },
  )
  acme = await database.tenant('acme')
  client = new ServiceBusClient(broker.connectionString)
  receive()
})
afterAll(async () => {
  await client?.close()
  await platform?.close()
  await broker?.stop()
  await rm(folder, { recursive: true, force: true })
  await database?.drop()
})
beforeEach(() => {
  broker.faults.set({ rules: [] })
})

/** What the host does with the function of the nudges. */
function receive(): void {
  let handle: ((message: unknown, context: object) => unknown) | undefined
  registerTriggers(
    {
      timer: () => undefined,
      serviceBusQueue: (_name, options) => {
        handle = options.handler as unknown as typeof handle
      },
    },
    { timers: [], queues: [], subscriptions: [noted] },
    {
      runsOn: 'background',
      subscriptionDatabase: () => platform.databases.subscriptions,
      nudging: { backstopSchedule: '0 0 3 1 1 *' },
      hasConnection: () => false,
      nudge: platform.nudges.wake,
    },
  )
  client.createReceiver('trickle-nudges').subscribe({
    processMessage: async ({ body }) => {
      await handle?.(body, { log: () => undefined, warn: () => undefined })
    },
    processError: () => Promise.resolve(),
  })
}

describe('an append', () => {
  it('wakes the subscription by the broker, and no timer is needed', async () => {
    await platform.events.append(acme, appendOf('first'))
    await expect.poll(() => handled.get('first'), patience).toBeDefined()
  })

  it('wakes it each time, also many times in a second and just after a nudge', async () => {
    for (let index = 0; index < 60; index += 1) {
      await platform.events.append(acme, appendOf(`many-${index}`))
      await new Promise((resolve) => {
        setTimeout(resolve, 40)
      })
    }
    for (let index = 0; index < 60; index += 1)
      await expect.poll(() => handled.get(`many-${index}`), patience).toBeDefined()
  })

  it('of the worker, and a domain write, wake it as well', async () => {
    await platform.workerEvents.append(acme, appendOf('of-worker'))
    await expect.poll(() => handled.get('of-worker'), patience).toBeDefined()
    await platform.writes.write(acme, {
      streams: ['written'],
      decide: () => ({ changes: [], streams: [appendOf('written')] }),
    })
    await expect.poll(() => handled.get('written'), patience).toBeDefined()
  })

  it('is not held while Service Bus is away, and its events are handled when it is back', async () => {
    broker.faults.set({ rules: [{ on: 'send', action: 'drop-connection' }] })
    const times: number[] = []
    for (let index = 0; index < 100; index += 1) {
      const beganMs = performance.now()
      await platform.events.append(acme, appendOf(`away-${index}`))
      times.push(performance.now() - beganMs)
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
    }
    // Far from the seconds that a send may take.
    expect(times.toSorted((a, b) => a - b)[50]).toBeLessThan(250)
    broker.faults.set({ rules: [] })
    await expect.poll(() => handled.get('away-99'), patience).toBeDefined()
  })
})
