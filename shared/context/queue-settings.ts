/** The identities of the app that may receive: each has a connection of its own to Service Bus. */
export type QueueReceiver = 'worker' | 'forwarder'
export type QueueSender = 'app' | 'worker' | 'forwarder' | 'operator'

/** What a queue is made with, by the names of Bicep and of the emulator. Durations are those of ISO 8601. */
export interface QueueSettings {
  /** How long a message is hidden from others while it is worked on: 5 s to 5 min. */
  readonly lockDuration: string
  /** Attempts; after the last one the message is set aside in the dead-letter queue. */
  readonly maxDeliveryCount: number
  readonly defaultMessageTimeToLive: string
  /** Messages of one session come in order, one at a time. Fixed when the queue is made. */
  readonly requiresSession: boolean
  /** Fixed when the queue is made. */
  readonly requiresDuplicateDetection: boolean
  readonly duplicateDetectionHistoryTimeWindow: string
  readonly deadLetteringOnMessageExpiration: boolean
}

/** A queue as it stands in infra/service-bus/queues.json, for Bicep, the local broker and the emulator. */
export interface QueueEntry extends QueueSettings {
  readonly sender: readonly QueueSender[]
  readonly receiver: readonly QueueReceiver[]
}

/**
 * For each receiver, the prefix of the settings that hold its connection to Service Bus. `ServiceBusConnection` is also
 * what both apps send by: in the background it is the worker's, and in the public app that of tenants, which receives
 * nothing.
 */
export const queueConnections: Readonly<Record<QueueReceiver, string>> = {
  worker: 'ServiceBusConnection',
  forwarder: 'ServiceBusForwarderConnection',
}
