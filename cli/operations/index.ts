/**
 * Turns the answers about the log, its subscriptions and operators' actions into text for a terminal. The code here
 * must not send requests: the commands do.
 */
export { actionsTable } from './actions-text.ts'
export { epochLine, logText, type LogStatus } from './log-text.ts'
export { parkedTable, replayedText, subscriptionsTable, subscriptionText } from './subscription-text.ts'
export type { ParkedEvent, Subscription } from './subscription-text.ts'
export { plural, secondsText } from './words.ts'
export { checkpointOf, resumePointOf } from './resume-point.ts'
