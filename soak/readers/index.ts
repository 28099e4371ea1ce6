/**
 * Those who read the feeds while the writers write: in a process of their own (main.ts), each by another way, each with a
 * log of what it saw. They know nothing of what was sent.
 */
export type { FromReaders, ReaderOrders, ReaderPlan, ReaderState, Scope, ToReaders } from './messages.ts'
export { readerPlans } from './plans.ts'
export { logOf } from './reader.ts'
export { SEEN_BYTES, SeenLog } from './seen-log.ts'
