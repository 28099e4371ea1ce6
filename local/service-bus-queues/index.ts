/**
 * The Service Bus queues, as infra/service-bus/queues.json describes them. That file is the only source for the
 * namespace in Azure (Bicep reads it), for the official emulator's Config.json (made here), and for any local broker
 * (which uses the values of Azure).
 *
 * A value that the emulator does not accept becomes the nearest accepted value, and the change is reported. A value
 * that no Service Bus accepts is refused. Nothing here calls a namespace, and nobody edits the emulator's file by hand.
 */
export { emulatorConfigOf, type EmulatorConfig, type Narrowed } from './emulator-config.ts'
export { parseDurationSeconds } from './duration.ts'
export { parseTopics, readTopics, type Topic, type TopicSubscription } from './topics.ts'
export { parseQueues, queuesFile, readQueues, type Queue } from './queues.ts'
