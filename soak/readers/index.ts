/**
 * The readers of the feeds. They run in a process of their own (main.ts) while the writers write. Each reads in a
 * different way and keeps a log of what it saw. They do not know what was sent.
 */
export type { FromReaders, ReaderOrders, ReaderPlan, ReaderState, Scope, ToReaders } from './messages.ts'
export { readerPlans } from './plans.ts'
export { logOf } from './reader.ts'
export { SEEN_BYTES, SeenLog } from './seen-log.ts'
