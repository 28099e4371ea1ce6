/**
 * Subscriptions: named checkpoints in the feed of all tenants, worked on by one holder at a time, run to completion within
 * a budget by whoever is woken. A checkpoint moves only behind what has been handled, under a fence, so events are handled
 * at least once and in the order of each stream; effects in the same database can be exactly once (`handleBatch`). No
 * listening, no session locks: nothing here needs a host that is always on. Must not change events, nor read them other
 * than through the feed (docs/subscriptions.md).
 */
export {
  defineSubscription,
  type BatchSubscription,
  type EventSubscription,
  type HandlerContext,
  type PoisonAction,
  type RunStatement,
  type Subscription,
} from './define.ts'
export { runSubscription, type SubscriptionRun, type SubscriptionRunOptions } from './run-subscription.ts'
export type { SubscriptionProblem } from './holding.ts'
export { SubscriptionEvent } from './subscription-event.ts'
export { RetryLater } from './put-off.ts'
export { workLimits } from './work-limits.ts'
export { runOnce, FeedReader, type RunBudget, type RunResult, type Subscriber } from './run-once.ts'
export { Lease, type AcquireOutcome } from './lease.ts'
export { SubscriptionOperations, type ParkedQuery, type ResumePoint } from './operations.ts'
export type { MemberStatus, ParkedEvent, SubscriptionStatus } from './operations-status.ts'
export type { FeedEvent } from './feed-event.ts'
export type { FeedPosition } from './statements.ts'
