/**
 * Azure Storage (blobs and queues) for the local run: Azurite as a child process of ours.
 *
 * Invariants:
 * - What was acknowledged survives `kill -9` and a restart on any port. By itself Azurite writes its metadata to disk
 *   only every 5 s; here the answer to a change waits until the metadata is written (durable-answers.ts).
 * - No orphan: Azurite runs inside the child itself, which ends when the IPC channel to its parent closes.
 * - One data folder serves one process at a time.
 * - The account's key is made at the first start and stays in the data folder; the well-known emulator key is not used.
 *
 * It must not be reachable from other machines, and must not be imported by functions/ or shared/.
 *
 * Every local server of this kind needs `runChild` and `holdFolder`; local/analytics uses them too.
 */
export { startStorage } from './storage-process.ts'
export type { RunningStorage, StorageOptions } from './storage-process.ts'
export { runChild } from './child.ts'
export type { ServingChild } from './child.ts'
export { holdFolder } from './folder-lock.ts'
export type { FolderHold } from './folder-lock.ts'
export { parseConnectionString } from './account.ts'
export type { StorageFacts } from './account.ts'
