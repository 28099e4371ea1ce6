import type { QueueSettings } from './queue-settings.ts'

/** How a subscription of a topic treats messages; by the names of Bicep and of the emulator. */
export type TopicSubscriptionSettings = Pick<
  QueueSettings,
  | 'lockDuration'
  | 'maxDeliveryCount'
  | 'defaultMessageTimeToLive'
  | 'requiresSession'
  | 'deadLetteringOnMessageExpiration'
>

/** A topic of Service Bus on which a context publishes (shared/publications). */
export interface Topic {
  /** `trickle-{context}`, or `trickle-{context}-...`. Not the name of a queue. */
  readonly name: string
  /** How long a message waits for whoever reads it, as in ISO 8601. */
  readonly defaultMessageTimeToLive: string
  /**
   * By their names. They are made with the topic, also in the local run. A system that reads may have a subscription of
   * its own instead, made with that system. Only one with sessions gets each stream in its order.
   */
  readonly subscriptions: Readonly<Record<string, TopicSubscriptionSettings>>
}

/** A topic as it stands in infra/service-bus/queues.json. */
export interface TopicEntry extends Omit<Topic, 'name'> {
  readonly sender: readonly ['worker']
}

/** Subscriptions work in the background, by the worker's identity. */
export const topicEntryOf = ({ name, ...settings }: Topic): [string, TopicEntry] => [
  name,
  { ...settings, sender: ['worker'] },
]
