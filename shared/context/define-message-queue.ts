import { deliveriesOf, deliveryOf } from '../messages/index.ts'
import type { Delivery } from '../messages/index.ts'
import type { QueueSender, QueueSettings } from './queue-settings.ts'
import type { Queue, TriggerLog } from './triggers.ts'

export interface MessageQueueDefinition {
  readonly name: string
  readonly settings: QueueSettings
  readonly senders: readonly QueueSender[]
  /** Messages that come one at a time can be handled in order, those of a batch all at once. */
  readonly comes: 'one at a time' | 'in batches'
  /**
   * Gets the messages as they were sent, byte for byte, one or a batch. It parks what can never be handled.
   * @throws any error: all of the messages are delivered again
   */
  readonly handler: (deliveries: readonly Delivery[], log: TriggerLog) => Promise<void>
}

/**
 * A queue of the product itself, whose messages are envelopes or CloudEvents. It works with the login of the worker. In
 * an app without a connection to Service Bus its function is not there.
 */
export function defineMessageQueue(definition: MessageQueueDefinition): Queue {
  const { name, settings, senders, comes, handler } = definition
  const isBatch = comes === 'in batches'
  return {
    name,
    settings,
    senders,
    receiver: 'worker',
    runsOn: 'background',
    isBatch,
    isBinary: true,
    needsServiceBus: false,
    async handle(message, call) {
      const { triggerMetadata } = call
      await handler(
        isBatch ? deliveriesOf(message, triggerMetadata) : [deliveryOf(message, triggerMetadata)],
        call,
      )
    },
  }
}
