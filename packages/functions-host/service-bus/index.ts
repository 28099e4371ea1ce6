/**
 * Service Bus triggers: receives the messages of functions with Microsoft's SDK, and settles them as the extension of the
 * real host does (azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.ServiceBus, ServiceBusListener.cs).
 *
 * Invariants: a message is completed only after its run succeeded, and abandoned when it failed; batches of one function
 * never run at the same time; within a session nothing overtakes; a connection that ends is followed by another one
 * within seconds, and its end is logged once.
 * It must not settle by what a message says, and must not load the SDK in a host without such functions.
 */
export { ServiceBusFunction, type ServiceBusHost } from './service-bus-function.ts'
export { Connections } from './connections.ts'
export { readServiceBusSettings, type ServiceBusSettings } from './settings.ts'
