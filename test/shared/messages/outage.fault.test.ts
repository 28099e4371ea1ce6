import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceBusClient } from '@azure/service-bus'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrateUp, prepareServer } from '../../../database/index.ts'
import { clearServer, startServer } from '../../../local/postgres/index.ts'
import type { RunningServer } from '../../../local/postgres/index.ts'
import type { RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import { holdLimits, holdWhileAway } from '../../../shared/messages/index.ts'
import { Database, poolLimits } from '../../../shared/postgres/index.ts'
import { TenantDirectory, TenantRegistry } from '../../../shared/tenancy/index.ts'
import { queueSettings, runBroker } from '../../packages/service-bus-stand-in/running-broker.ts'
import { eventually } from '../../support/eventually.ts'
import { MIGRATED, testPasswords, urlOf } from '../../support/urls.ts'

const DAY_MS = 86_400_000
/** A day passes in ten seconds. */
const SCALE = 8_640
/** All are under way at once, so each comes as often as it can. */
const MESSAGES = 8
const CALLS = MESSAGES
const DELIVERY_COUNT_MAX = 2_000

let folder: string
let server: RunningServer
let broker: RunningBroker
let client: ServiceBusClient
const pools: Database[] = []

const open = (login: 'trickle_worker' | 'trickle_operator'): Database => {
  const pool = new Database({
    url: urlOf(server.adminUrl, login, MIGRATED),
    connectionsMax: poolLimits.backgroundConnectionsMax,
    statements: 'unnamed',
  })
  pools.push(pool)
  return pool
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-outage-'))
  await chmod(folder, 0o711)
  server = await startServer({ dataFolder: folder, port: 0, durable: false })
  const { adminUrl } = server
  await prepareServer({ adminUrl, database: MIGRATED, passwords: testPasswords, local: true })
  await migrateUp({ migratorUrl: urlOf(adminUrl, 'trickle_migrator', MIGRATED) })
  await new TenantRegistry(open('trickle_operator')).createMissing([{ slug: 'acme' }])
  broker = await runBroker([
    { ...queueSettings, lockDurationMs: 300_000, maxDeliveryCount: DELIVERY_COUNT_MAX },
  ])
  client = new ServiceBusClient(broker.connectionString)
}, 120_000)
afterAll(async () => {
  await client.close()
  await broker.stop()
  await Promise.all(pools.map((pool) => pool.end()))
  await server.stop()
  await clearServer(folder)
  await rm(folder, { recursive: true, force: true })
})

it('a day without PostgreSQL sets no message aside, and each is appended once when it is back', async () => {
  const pool = open('trickle_worker')
  const store = new PostgresEventStore(pool)
  const directory = new TenantDirectory(pool, 'slug')
  const scaled = {
    database: {
      get reachability() {
        return pool.reachability
      },
      whenReachable: (forMs: number) => pool.whenReachable(forMs / SCALE),
    },
    time: {
      now: () => performance.now() * SCALE,
      sleep: (forMs: number) => sleep(forMs / SCALE),
    },
  }
  let deliveriesMost = 0
  let runs = 0
  const receiver = client.createReceiver('work')
  receiver.subscribe(
    {
      async processMessage({ body, deliveryCount = 0 }) {
        deliveriesMost = Math.max(deliveriesMost, deliveryCount + 1)
        const append = async (): Promise<void> => {
          runs += 1
          await store.append(await directory.resolve('acme'), {
            streamId: 'work',
            expected: { mode: 'any' },
            events: [{ type: 'Worked', data: 1 }],
            idempotency: { key: `message:${String(body)}`, fingerprint: Buffer.from('f') },
          })
        }
        await holdWhileAway(scaled.database, append, { time: scaled.time })
      },
      processError: () => Promise.resolve(),
    },
    { maxConcurrentCalls: CALLS },
  )
  const { port } = server
  await server.stop()
  await client
    .createSender('work')
    .sendMessages(Array.from({ length: MESSAGES }, (_, body) => ({ body, messageId: String(body) })))
  await sleep(DAY_MS / SCALE)
  const runsWhileAway = runs
  expect(broker.counts()).toMatchObject([{ messages: MESSAGES, deadLetters: 0 }])
  server = await startServer({ dataFolder: folder, port, durable: false })
  await eventually(() => broker.counts()).toMatchObject([{ messages: 0, deadLetters: 0 }])

  expect(await store.streamInfo(await directory.resolve('acme'), 'work')).toMatchObject({ version: MESSAGES })
  // Each call holds its message for 180 s of the scaled clock at least.
  expect(deliveriesMost).toBeGreaterThan(1)
  expect(deliveriesMost).toBeLessThanOrEqual(DAY_MS / holdLimits.holdMs)
  // Those that found out that the server is away; after that only probes were sent.
  expect(runsWhileAway).toBeLessThan(10 * CALLS)
}, 60_000)
