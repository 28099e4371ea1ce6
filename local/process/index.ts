/**
 * Knowing and ending processes that outlive the one that started them, and whatever else a run has started.
 *
 * Invariant: a process is only ever signalled when both its id and its start time are those that were recorded,
 * since the system gives the ids of the dead to strangers. It must not look processes up by name.
 */
export { isAlive, isSameProcess, processMark, recordedProcessSchema } from './identity.ts'
export type { RecordedProcess } from './identity.ts'
export { endProcess, waitUntilGone } from './ending.ts'
export { Cleanup } from './cleanup.ts'
