/**
 * What the conformance suite runs against: the stand-in, started here, or what `TRICKLE_TEST_SERVICE_BUS` names by a
 * connection string: Microsoft's emulator or a namespace in Azure, with the queues of queues.json beside this file.
 *
 * The suite holds what Service Bus promises its clients. Microsoft's emulator can't tell about: keys (it takes any), what
 * survives a restart (nothing does there), and limits that are wider in Azure. Tests of these ask `targetKind`.
 * Of the stand-in alone, and so not here: its journal, its faults, its limits of memory, and what it refuses by name.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusReceiver } from '@azure/service-bus'
import { brokerSettings, brokerTopic } from '../../../../local/service-bus/index.ts'
import { parseQueues, parseTopics } from '../../../../local/service-bus-queues/index.ts'
import { startBroker } from '../../../../packages/service-bus-stand-in/index.ts'

export const PLAIN = 'conformance-plain'
export const SESSIONS = 'conformance-sessions'
export const DUPLICATES = 'conformance-duplicates'
/** It has the subscriptions "plain" and "sessions". */
export const TOPIC = 'conformance-topic'

/** What queues.json says. */
export const DELIVERIES_MAX = 3

const named = process.env['TRICKLE_TEST_SERVICE_BUS'] ?? ''

export const targetKind = kindOf(named)

function kindOf(connectionString: string): 'stand-in' | 'emulator' | 'azure' {
  if (connectionString === '') return 'stand-in'
  return connectionString.includes('UseDevelopmentEmulator=true') ? 'emulator' : 'azure'
}

export interface Target {
  readonly connectionString: string
  readonly client: ServiceBusClient
  /** How long a lock lasts: the stand-in's are shorter than any that Azure has, so that the suite is quick. */
  readonly lockMs: number
  stop(): Promise<void>
}

const LOCK_STAND_IN_MS = 2000
const LOCK_REMOTE_MS = 5000

export async function openTarget(): Promise<Target> {
  if (targetKind === 'stand-in') return await startStandIn()
  const client = clientOf(named)
  await empty(client)
  return { connectionString: named, client, lockMs: LOCK_REMOTE_MS, stop: () => client.close() }
}

const queuesFile = fileURLToPath(new URL('queues.json', import.meta.url))

async function startStandIn(): Promise<Target> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'trickle-service-bus-'))
  const text = await readFile(queuesFile, 'utf8')
  const queues = parseQueues(text, queuesFile)
  const topics = parseTopics(text, queuesFile)
  const broker = await startBroker({
    queues: queues.map((queue) => ({ ...brokerSettings(queue), lockDurationMs: LOCK_STAND_IN_MS })),
    topics: topics.map((topic) => {
      const { name, subscriptions } = brokerTopic(topic)
      return {
        name,
        subscriptions: subscriptions.map((one) => ({ ...one, lockDurationMs: LOCK_STAND_IN_MS })),
      }
    }),
    dataFolder,
    key: { name: 'conformance', value: 'a key of the suite' },
  })
  const client = clientOf(broker.connectionString)
  return {
    connectionString: broker.connectionString,
    client,
    lockMs: LOCK_STAND_IN_MS,
    stop: async () => {
      await client.close()
      await broker.stop()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

/** No retries: what is refused shows at once. The wait for a session is short. */
function clientOf(connectionString: string): ServiceBusClient {
  return new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 20_000 } })
}

/** Takes away what an earlier run has left in the queues of a service that is not started anew. */
async function empty(client: ServiceBusClient): Promise<void> {
  for (const queue of [PLAIN, SESSIONS, DUPLICATES]) {
    await emptyBy(
      client.createReceiver(queue, { receiveMode: 'receiveAndDelete', subQueueType: 'deadLetter' }),
    )
    if (queue !== SESSIONS) await emptyBy(client.createReceiver(queue, { receiveMode: 'receiveAndDelete' }))
  }
  await emptyBy(client.createReceiver(TOPIC, 'plain', { receiveMode: 'receiveAndDelete' }))
  await emptySessions(() => client.acceptNextSession(SESSIONS, { receiveMode: 'receiveAndDelete' }))
  await emptySessions(() => client.acceptNextSession(TOPIC, 'sessions', { receiveMode: 'receiveAndDelete' }))
}

async function emptySessions(accept: () => Promise<ServiceBusReceiver>): Promise<void> {
  for (;;) {
    const session = await accept().catch(() => undefined)
    if (session === undefined) return
    await emptyBy(session)
  }
}

async function emptyBy(receiver: ServiceBusReceiver): Promise<void> {
  for (;;) {
    const gone = await receiver.receiveMessages(500, { maxWaitTimeInMs: 2000 })
    if (gone.length === 0) break
  }
  await receiver.close()
}
