/**
 * How the answers about the log and its subscriptions look to a person at a terminal. Must not ask anybody anything:
 * the commands do.
 */
export { epochLine, logText, type LogStatus } from './log-text.ts'
export { parkedTable, subscriptionsTable, subscriptionText } from './subscription-text.ts'
export type { ParkedEvent, Subscription } from './subscription-text.ts'
export { checkpointOf, resumePointOf } from './resume-point.ts'
