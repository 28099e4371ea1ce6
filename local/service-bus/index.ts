/**
 * The local Service Bus broker as a part of the local run: packages/service-bus-stand-in with the queues and topics of
 * infra/service-bus/queues.json, a data folder that one process holds, the secret of the run as its key, and a door of
 * faults over HTTP.
 *
 * Invariants: the values of the queues are those of Azure, not those of Microsoft's emulator; when the disk fails the
 * process ends, and the next start finds everything that was acknowledged.
 */
export { brokerSettings, brokerTopic } from './settings.ts'
export { startServiceBus, type RunningServiceBus, type ServiceBusOptions } from './start.ts'
