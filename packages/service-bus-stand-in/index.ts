/**
 * A stand-in for Azure Service Bus on this machine: queues over AMQP 1.0, for the real SDKs (@azure/service-bus,
 * Azure.Messaging.ServiceBus), with the connection string by which they reach Microsoft's emulator.
 *
 * Supported: topics whose subscriptions take everything; sending one, many and a batch; peek-lock and receive-and-delete; locks, their renewal and expiry; delivery
 * counts; complete, abandon, dead-letter; dead-letter queues; looking at messages; sessions; duplicate detection; time to
 * live; Service Bus's limits of size. Everything else (rules of subscriptions, schedules, deferring, session state, transactions) is
 * refused by name.
 *
 * Invariants:
 * - What it has accepted is on disk and survives a kill; what was settled does not come again.
 * - It gives what Azure promises and no more: at least once, in order in a session only, and locks can be lost. Duplicates
 *   that Azure would keep are kept.
 * - Only a client with the key is served.
 * It must not know the product that uses it, and must not be imported by functions/ or shared/.
 */
export { startBroker, type BrokerOptions, type QueueCounts, type RunningBroker } from './broker.ts'
export type { QueueSettings, TopicSettings } from './engine/index.ts'
export type { FaultRule, Faults } from './faults/index.ts'
export { JournalFailure } from './journal/index.ts'
