/**
 * Service Bus as code uses it: sending to a queue, and looking at and taking from a queue or its dead-letter queue.
 * Triggers receive by themselves and need nothing of this.
 *
 * Invariants: the SDK is loaded by the first call and never before; each call ends within its time, also when the
 * connection was lost; after a lost connection the next call has a new client; what leaves here is a TrickleError. It
 * must not know what messages mean, and must not log what is in them.
 */
export { ServiceBus, serviceBusLimits, type SendOptions, type ServiceBusOptions } from './service-bus.ts'
export { connectionOf, type ConnectionFacts, type ConnectionSettings } from './connection.ts'
export {
  countMessages,
  DeadLetters,
  deadLetterLimits,
  type DeadLetterPage,
  type DeadLetterQuery,
  type MessageCount,
  type Removal,
} from './dead-letters.ts'
export type { Taking } from './taking.ts'
export type {
  BodyKind,
  OutgoingMessage,
  PeekOptions,
  PropertyValue,
  QueuePlace,
  StoredMessage,
} from './messages.ts'
