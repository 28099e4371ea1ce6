/**
 * Judges the local Service Bus broker by a client that nobody here wrote: Azure.Messaging.ServiceBus of .NET, on another
 * AMQP stack than the SDK of JavaScript. The program takes the connection string of `trickle status --json` as it is.
 */
export { QueueClientFailure, EXPECTED_LINES, tryQueueClient } from './try-queue-client.ts'
