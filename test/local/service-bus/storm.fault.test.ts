import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ServiceBusClient } from '@azure/service-bus'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SESSIONS } from '../../packages/service-bus-stand-in/conformance/target.ts'
import { conformanceQueues, startGoodProcess } from './broker-process.ts'
import type { BrokerProcess } from './broker-process.ts'

const SESSIONS_COUNT = 12
const MESSAGES_OF_SESSION = 40
const KILLS = 2

let folder = ''
let broker: BrokerProcess

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-service-bus-'))
  // Each fault costs deliveries, and no message may become a dead letter by that.
  const queues = await readFile(conformanceQueues, 'utf8')
  await writeFile(queuesFile(), queues.replaceAll('"maxDeliveryCount": 3', '"maxDeliveryCount": 100'))
  broker = await startGoodProcess(folder, 0, queuesFile())
})

afterEach(async () => {
  await broker.kill()
  await rm(folder, { recursive: true, force: true })
})

const queuesFile = (): string => join(folder, 'queues.json')

async function storm(): Promise<void> {
  const rules = [
    { on: 'send', action: 'drop-connection', probability: 0.01 },
    { on: 'send', action: 'drop-connection', after: true, probability: 0.01 },
    { on: 'settle', action: 'drop-connection', after: true, probability: 0.005 },
    { on: 'settle', action: 'lose-lock', probability: 0.01 },
    { on: 'settle', action: 'deliver-twice', probability: 0.02 },
    { on: 'deliver', action: 'lose-lock', probability: 0.005 },
  ]
  await fetch(broker.faultsUrl, { method: 'POST', body: JSON.stringify({ seed: 7, rules }) })
}

/**
 * The SDK waits a minute for the answer to closing a link whose connection is gone, and opens none meanwhile. So after each
 * failure the work goes on with another client, as a worker does that is started again.
 */
class Worker {
  #client = this.#fresh()

  /** Does something until it succeeds. */
  async surely(work: (client: ServiceBusClient) => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await Promise.race([work(this.#client), late()])
        return
      } catch {
        void this.#client.close().catch(() => undefined)
        this.#client = this.#fresh()
        await delay(20)
      }
    }
  }

  #fresh(): ServiceBusClient {
    return new ServiceBusClient(broker.connectionString, {
      retryOptions: { maxRetries: 0, timeoutInMs: 800 },
    })
  }
}

async function late(): Promise<never> {
  await delay(5000)
  throw new Error('too late')
}

/** Sends each message until it is acknowledged: one whose answer was lost is there twice. */
async function produce(sessionId: string): Promise<void> {
  const worker = new Worker()
  for (let number = 0; number < MESSAGES_OF_SESSION; number += 1) {
    await worker.surely(async (client) => {
      const sender = client.createSender(SESSIONS)
      await sender.sendMessages({ body: number, sessionId, messageId: `${sessionId}-${number}` })
      await sender.close()
    })
  }
}

/** Handles sessions until all is seen. A message is handled before it is settled, so it may be handled again. */
async function consume(handled: Map<string, number[]>, isDone: () => boolean): Promise<void> {
  const worker = new Worker()
  while (!isDone()) {
    await worker.surely(async (client) => {
      const session = await client.acceptNextSession(SESSIONS).catch((error: unknown) => {
        if (isDone()) return undefined
        throw error
      })
      if (session === undefined) return
      for (let count = 0; count < 20; count += 1) {
        const [message] = await session.receiveMessages(1, { maxWaitTimeInMs: 200 })
        if (message === undefined) break
        handled.set(session.sessionId, [...(handled.get(session.sessionId) ?? []), message.body as number])
        await session.completeMessage(message)
      }
      await session.close()
    })
  }
}

/** The order in which the numbers were handled for the first time. */
function firsts(numbers: readonly number[]): number[] {
  return [...new Set(numbers)]
}

test('under faults and kills nothing that was acknowledged is lost, and each session is handled in order', async () => {
  await storm()
  const sessions = Array.from({ length: SESSIONS_COUNT }, (_, index) => `s${index}`)
  const handled = new Map<string, number[]>()
  const all = Array.from({ length: MESSAGES_OF_SESSION }, (_, number) => number)
  const isDone = (): boolean =>
    sessions.every((session) => firsts(handled.get(session) ?? []).length === MESSAGES_OF_SESSION)
  const work = Promise.all([
    ...sessions.map((session) => produce(session)),
    ...Array.from({ length: 6 }, () => consume(handled, isDone)),
  ])
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const enough = (kill * SESSIONS_COUNT * MESSAGES_OF_SESSION) / (KILLS + 2)
    while ([...handled.values()].reduce((sum, { length }) => sum + length, 0) < enough) await delay(20)
    await broker.kill()
    broker = await startGoodProcess(folder, broker.port, queuesFile())
    await storm()
  }
  await work
  expect(sessions.map((session) => firsts(handled.get(session) ?? []))).toEqual(sessions.map(() => all))
})
