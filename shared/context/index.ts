/**
 * Contexts: each says once, in `defineContext`, all that it has (routes, timers, queues, commands, subscriptions, topics,
 * settings, errors, tables), and `putTogether` makes one product of them, from which the app is registered and documents, app
 * settings and the list of queues are generated.
 *
 * Invariants: describing a context opens and reads nothing, its services are made at their first use; two contexts that
 * declare the same name are refused at the start, and the error names both. It must not know any context, nor the
 * platform that they stand on: functions/ gives it both.
 */
export {
  defineContextFor,
  type Context,
  type ContextDefinition,
  type DefineContext,
  type SettingsOf,
  type SettingsShape,
  type Triggers,
} from './define-context.ts'
export { madeOnce, type MadeBy, type Makers } from './made-once.ts'
export { defineQueue, type QueueDefinition } from './define-queue.ts'
export { defineMessageQueue, type MessageQueueDefinition } from './define-message-queue.ts'
export { messageQueueSettings } from './message-queue-settings.ts'
export {
  defineCommandFor,
  type Command,
  type CommandContext,
  type CommandDefinition,
  type ReceivedCommand,
} from './define-command.ts'
export type { Queue, QueueCall, Timer, TriggerLog } from './triggers.ts'
export {
  queueConnections,
  type QueueEntry,
  type QueueReceiver,
  type QueueSender,
  type QueueSettings,
} from './queue-settings.ts'
export { topicEntryOf, type Topic, type TopicEntry, type TopicSubscriptionSettings } from './define-topic.ts'
export { putTogether, type Product, type Taken } from './product.ts'
export { registerTriggers, type RegisterOptions, type TriggersApp } from './register.ts'
