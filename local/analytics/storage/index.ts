/**
 * Storage as the stand-in's clients see it: containers and queues of Azurite, reached through the stand-in's own
 * address.
 *
 * Invariants: nothing is buffered, bodies pass as streams; every URI that is handed out points to the stand-in.
 */
export { createStorageProxy } from './proxy.ts'
export type { StorageProxy } from './proxy.ts'
export { prepareResources, queueNames, resourceUris } from './resources.ts'
export type { ResourceUri, StorageResources } from './resources.ts'
