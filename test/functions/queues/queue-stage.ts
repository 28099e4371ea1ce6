import { ServiceBusClient } from '@azure/service-bus'
import { queues as queuesContext } from '../../../functions/queues/context.ts'
import type { RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import type { PlatformQueue } from '../../../functions/platform.ts'
import { MessageParking } from '../../../shared/messages/index.ts'
import type { MessageToPark } from '../../../shared/messages/index.ts'
import { ServiceBus } from '../../../shared/service-bus/index.ts'
import type { OutgoingMessage, StoredMessage } from '../../../shared/service-bus/index.ts'
import { queueSettings, runBroker } from '../../packages/service-bus-stand-in/running-broker.ts'
import type { Answer } from '../../shared/http/harness.ts'
import { openContextStage } from '../../support/context-stage.ts'
import type { ContextStage, RouteCall } from '../../support/context-stage.ts'

/** Any body for messages of queues that no rule of the product speaks of. */
const entry: PlatformQueue = {
  lockDuration: 'PT30S',
  maxDeliveryCount: 5,
  defaultMessageTimeToLive: 'PT1H',
  requiresSession: false,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: 'PT10M',
  deadLetteringOnMessageExpiration: true,
  takesEnvelopes: false,
}

/** "plain"; "ordered" with sessions; "once" removes duplicates; "letters" takes envelopes. */
export const stageQueues: Readonly<Record<string, PlatformQueue>> = {
  plain: entry,
  ordered: { ...entry, requiresSession: true },
  once: { ...entry, requiresDuplicateDetection: true },
  letters: { ...entry, takesEnvelopes: true },
}

const brokerQueues = [
  { ...queueSettings, name: 'plain' },
  { ...queueSettings, name: 'ordered', requiresSession: true },
  { ...queueSettings, name: 'once', duplicateDetectionHistoryMs: 600_000 },
  { ...queueSettings, name: 'letters' },
]

/** The routes of operators on a real database and a broker that real SDKs speak to. */
export interface QueueStage extends Pick<ContextStage, 'database' | 'platform'> {
  readonly broker: RunningBroker
  readonly bus: ServiceBus
  /** Calls a route as an operator. */
  readonly ask: (name: string, params?: Record<string, string>, options?: RouteCall) => Promise<Answer>
  readonly park: (queue: string, ...messages: Partial<MessageToPark>[]) => Promise<void>
  /** Sends messages and lets each fail for good. */
  readonly deadLetter: (queue: string, ...messages: OutgoingMessage[]) => Promise<void>
  /** What waits in a queue. */
  readonly waiting: (queue: string) => Promise<readonly StoredMessage[]>
  readonly dead: (queue: string) => Promise<readonly StoredMessage[]>
  readonly actions: () => Promise<Record<string, unknown>[]>
  /** Between tests: no message is left in "plain" and "once", and nothing is parked or recorded. */
  readonly clean: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function openQueueStage(): Promise<QueueStage> {
  const broker = await runBroker(brokerQueues)
  const setting = 'ServiceBusOperatorConnection'
  const stage = await openContextStage(queuesContext, {
    tenants: ['acme'],
    queues: () => stageQueues,
    settings: { [setting]: broker.connectionString },
  })
  const bus = new ServiceBus({ setting, connectionString: broker.connectionString })
  const parking = new MessageParking(stage.database.pool('trickle_worker'))
  const inspector = await stage.database.client('admin')
  return {
    database: stage.database,
    platform: stage.platform,
    broker,
    bus,
    ask: (name, params = {}, options = {}) => stage.ask('operator', name, { params, ...options }),
    park: (queue, ...messages) => parking.park(queue, messages.map(parkedMessage)),
    deadLetter: (queue, ...messages) => failForGood(broker.connectionString, bus, queue, messages),
    waiting: (queue) => bus.peek({ queue, isDeadLetter: false }, { messagesMax: 250 }),
    dead: (queue) => bus.peek({ queue, isDeadLetter: true }, { messagesMax: 250 }),
    actions: async () => {
      const { rows } = await inspector.query<Record<string, unknown>>(
        'select * from trickle_operations_audit.actions order by action_id',
      )
      return rows
    },
    clean: async () => {
      broker.faults.set({ rules: [] })
      await inspector.query(
        'truncate trickle_messages_state.parked_messages, trickle_operations_audit.actions restart identity',
      )
      await emptyQueue(bus, 'plain')
      await emptyQueue(bus, 'once')
    },
    stop: async () => {
      broker.faults.set({ rules: [] })
      await bus.close()
      await stage.stop()
      await broker.stop()
    },
  }
}

export const bytes = (text: string): Buffer => Buffer.from(text)

const parkedMessage = (message: Partial<MessageToPark>): MessageToPark => ({
  body: bytes('{}'),
  reason: 'VALIDATION_FAILED',
  detail: '/type: is missing',
  tenantId: null,
  messageId: null,
  sessionId: null,
  sequenceNumber: null,
  contentType: 'application/json',
  applicationProperties: {},
  enqueuedAt: new Date('2026-11-21T14:30:00Z'),
  ...message,
})

async function emptyQueue(bus: ServiceBus, queue: string): Promise<void> {
  const place = { queue, isDeadLetter: false }
  const taking = await bus.take(place)
  for (let left = await bus.peek(place, { messagesMax: 250 }); left.length > 0;) {
    for (const message of await taking.receive(left.length, 1_000)) await taking.complete(message)
    left = await bus.peek(place, { messagesMax: 250 })
  }
  await taking.close()
}

async function failForGood(
  connectionString: string,
  bus: ServiceBus,
  queue: string,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  await bus.send(queue, messages)
  const client = new ServiceBusClient(connectionString)
  for (let left = messages.length; left > 0;) {
    const receiver =
      stageQueues[queue]?.requiresSession === true
        ? await client.acceptNextSession(queue)
        : client.createReceiver(queue)
    for (const message of await receiver.receiveMessages(left, { maxWaitTimeInMs: 1_000 })) {
      await receiver.deadLetterMessage(message, {
        deadLetterReason: 'GivenUp',
        deadLetterErrorDescription: 'it failed',
      })
      left -= 1
    }
    await receiver.close()
  }
  await client.close()
}
