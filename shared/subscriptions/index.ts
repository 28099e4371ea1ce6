/**
 * Subscriptions: a named checkpoint in the feed of all tenants, worked on by one holder at a time, run to completion
 * within a budget by whoever is woken. The checkpoint moves only behind what has been handled, under a fence, so events
 * are handled at least once and in feed order; a subscriber makes its effects idempotent or moves the checkpoint in the
 * same transaction. No listening, no session locks: nothing here needs a host that is always on.
 */
export { runOnce, FeedReader, type RunBudget, type RunResult, type Subscriber } from './run-once.ts'
export { Lease, type AcquireOutcome } from './lease.ts'
export type { FeedEvent } from './feed-event.ts'
export type { FeedPosition } from './statements.ts'
