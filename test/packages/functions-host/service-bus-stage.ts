/** A broker in this process, and hosts that run small apps on its queues. */
import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus'
import type { QueueSettings, RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { queueSettings, runBroker } from '../service-bus-stand-in/running-broker.ts'
import { startHost } from './host-process.ts'
import type { HostRequest, HostUnderTest } from './host-process.ts'

export const stageQueues: readonly QueueSettings[] = [
  { ...queueSettings, name: 'plain', maxDeliveryCount: 3 },
  { ...queueSettings, name: 'sessions', requiresSession: true, maxDeliveryCount: 3 },
  { ...queueSettings, name: 'short', lockDurationMs: 2_000, maxDeliveryCount: 20 },
  { ...queueSettings, name: 'short-sessions', lockDurationMs: 2_000, requiresSession: true },
]

/** With `bodyType` the SDK sends an AMQP value, and no bytes. */
type Sendable = ServiceBusMessage & { readonly bodyType?: 'value' }

export interface Stage {
  readonly broker: RunningBroker
  readonly send: (queue: string, ...messages: Sendable[]) => Promise<void>
  readonly deadLetters: (queue: string) => Promise<ServiceBusReceivedMessage[]>
  /** Messages in a queue, without its dead letters. */
  readonly countOf: (queue: string) => number
  /** The app's functions may use `report(value)` to tell a test something: see `reportsOf`. */
  readonly host: (request: HostRequest & { serviceBus?: object }) => Promise<HostUnderTest>
  readonly stop: () => Promise<void>
}

export async function openStage(): Promise<Stage> {
  const broker = await runBroker(stageQueues)
  const client = new ServiceBusClient(broker.connectionString, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 50, timeoutInMs: 2_000 },
  })
  return {
    broker,
    send: async (queue, ...messages) => {
      const sender = client.createSender(queue)
      await sender.sendMessages(messages)
      await sender.close()
    },
    deadLetters: async (queue) => {
      const receiver = client.createReceiver(queue, { subQueueType: 'deadLetter' })
      const messages = await receiver.peekMessages(100)
      await receiver.close()
      return messages
    },
    countOf: (name) => broker.counts().find(({ queue }) => queue === name)?.messages ?? Number.NaN,
    host: ({ serviceBus, source, environment, ...request }) =>
      startHost({
        hostJson: {
          version: '2.0',
          extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' },
          extensions: { http: { routePrefix: '' }, serviceBus },
        },
        source: REPORT + (source ?? ''),
        environment: { Bus: broker.connectionString, ...environment },
        ...request,
      }),
    stop: async () => {
      await client.close()
      await broker.stop()
    },
  }
}

/** Goes in front of the source of an app that reports. */
export const REPORT = `
const report = (value) => process.stdout.write('REPORT ' + JSON.stringify(value) + '\\n')
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
`

/** For expect.poll, on a machine that is busy. */
export const soon = { timeout: 15_000 } as const

/** What the app has reported so far. */
export function reportsOf<Value>(host: HostUnderTest): Value[] {
  return [...host.output().matchAll(/^REPORT (.*)$/gmu)].map((match) => JSON.parse(match[1] ?? '') as Value)
}
