/**
 * The messages on the disk: a log that is only appended to, in files of one folder.
 *
 * Why a log and not SQLite: a commit of node:sqlite blocks the event loop for the time of the disk's flush, and no client
 * is served meanwhile. Here the flush runs beside, and one flush is for all records that came during the last one.
 *
 * Invariants: a promise resolves only when its record is flushed; a record is whole or not there (CRC-32); a file is
 * removed only when everything in it that still counts is in a newer one. After a failed write or flush nothing is
 * acknowledged any more.
 */
export { Journal, type JournalSource } from './journal.ts'
export { JournalFailure } from './failure.ts'
export type { ReplayedQueue } from './replay.ts'
