/**
 * Subscriptions: named checkpoints in the feed of all tenants. One holder at a time works on each, in a run that ends
 * within a budget. A checkpoint moves only past events that have been handled, under a fence, so events are handled at
 * least once and in the order of each stream. A projection keeps tables of the same database up to date, exactly once,
 * in a transaction for each tenant. There is no listening and no session lock, so no host needs to be always on. Must
 * not change events, and must read them only through the feed (docs/subscriptions.md).
 */
export {
  defineSubscription,
  type EventSubscription,
  type HandlerContext,
  type PoisonAction,
  type Subscription,
} from './define.ts'
export { defineProjection, type ProjectionDefinition } from './projection/define-projection.ts'
export { runSubscription, type SubscriptionRun, type SubscriptionRunOptions } from './run/run-subscription.ts'
export type { SubscriptionProblem } from './run/member-run.ts'
export { problemLine } from './run/problem-line.ts'
export { SubscriptionEvent } from './run/subscription-event.ts'
export { RetryLater } from './run/put-off.ts'
export { eventPage, projectionPage, workLimits } from './run/work-limits.ts'
export { runOnce, FeedReader, type RunBudget, type RunResult, type Subscriber } from './run/run-once.ts'
export { Lease, type AcquireOutcome } from './lease/lease.ts'
export {
  MEMBERS_MAX,
  SubscriptionOperations,
  type ParkedQuery,
  type Replayed,
  type ResumePoint,
} from './operations/operations.ts'
export type { ParkedEvent } from './parking/statements.ts'
export type { MemberStatus, SubscriptionStatus } from './operations/status.ts'
export type { FeedEvent } from './run/feed-event.ts'
export type { FeedPosition } from './feed-position.ts'
