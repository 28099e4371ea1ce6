/** What the routes need of subscriptions: what SubscriptionOperations can do, whoever does it. */
import type { SubscriptionOperations as Operations } from '../../../shared/subscriptions/index.ts'

export type {
  MemberStatus,
  ParkedEvent,
  ResumePoint,
  SubscriptionStatus,
} from '../../../shared/subscriptions/index.ts'

export type SubscriptionOperations = Pick<Operations, keyof Operations>
