/**
 * What queues do, without wire and disk: order, locks, sessions, delivery counts, dead letters, duplicates, time to live.
 *
 * Invariants: a message is seen by a receiver only when the journal has it, and is gone only when the journal has
 * dropped it; at one time a message has one lock; a session has one holder and gives its messages in order; a count of
 * deliveries never goes back. Nothing here knows AMQP links or files.
 */
export { PlainDelivery } from './plain-delivery.ts'
export { DEAD_LETTER_SUFFIX, Queue, type RestoredQueue } from './queue.ts'
export type { Delivery, Receiver, SessionReceiver } from './receiver.ts'
export { SessionDelivery } from './session-delivery.ts'
export type { Now, QueueSettings, TopicSettings } from './settings.ts'
export { StoredBytes } from './stored-bytes.ts'
export type { MessageJournal, SeenId, StoredMessage } from './stored-message.ts'
export type { SubQueue } from './sub-queue.ts'
export { subscriptionAddress, Topic, type SendTarget } from './topic.ts'
