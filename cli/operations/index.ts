/**
 * How the answers about the log, its subscriptions and operators' actions look to a person at a terminal. Must not ask anybody anything:
 * the commands do.
 */
export { actionsTable } from './actions-text.ts'
export { epochLine, logText, type LogStatus } from './log-text.ts'
export { parkedTable, subscriptionsTable, subscriptionText } from './subscription-text.ts'
export type { ParkedEvent, Subscription } from './subscription-text.ts'
export { checkpointOf, resumePointOf } from './resume-point.ts'
