/**
 * Subscriptions: named checkpoints in the feed of all tenants, worked on by one holder at a time, run to completion within
 * a budget by the instance that is woken. A checkpoint moves only past what has been handled, under a fence, so events are handled
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
  type Subscription,
} from './define.ts'
export { runSubscription, type SubscriptionRun, type SubscriptionRunOptions } from './run/run-subscription.ts'
export type { SubscriptionProblem } from './run/member-run.ts'
export { SubscriptionEvent } from './run/subscription-event.ts'
export { RetryLater } from './run/put-off.ts'
export { workLimits } from './run/work-limits.ts'
export { runOnce, FeedReader, type RunBudget, type RunResult, type Subscriber } from './run/run-once.ts'
export { Lease, type AcquireOutcome } from './lease/lease.ts'
export {
  MEMBERS_MAX,
  SubscriptionOperations,
  type ParkedQuery,
  type ResumePoint,
} from './operations/operations.ts'
export type { ParkedEvent } from './parking/statements.ts'
export type { MemberStatus, SubscriptionStatus } from './operations/status.ts'
export type { FeedEvent } from './run/feed-event.ts'
export type { FeedPosition } from './feed-position.ts'
