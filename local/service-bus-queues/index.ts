/**
 * The Service Bus queues, as infra/service-bus/queues.json describes them: the one source of the namespace in Azure (read
 * by Bicep), of the official emulator's Config.json (made here) and of any local broker (which reads the cloud's values).
 *
 * A value that the emulator does not accept becomes the nearest one that it does, and the change is reported. A value that
 * no Service Bus accepts is refused. Nothing here calls a namespace, and the emulator's file is never edited by hand.
 */
export { emulatorConfigOf, type EmulatorConfig, type Narrowed } from './emulator-config.ts'
export { parseDurationSeconds } from './duration.ts'
export { parseQueues, queuesFile, readQueues, type Queue } from './queues.ts'
