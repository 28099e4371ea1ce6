/**
 * Recognises and ends processes that outlive the process that started them, and cleans up what a run has started.
 *
 * Invariant: a process gets a signal only when both its id and its start time are those that were recorded, since the
 * system gives the id of a dead process to another process later. It must not look processes up by name.
 */
export { isAlive, isSameProcess, processMark, recordedProcessSchema } from './identity.ts'
export type { RecordedProcess } from './identity.ts'
export { endProcess, waitUntilGone } from './ending.ts'
export { Cleanup } from './cleanup.ts'
