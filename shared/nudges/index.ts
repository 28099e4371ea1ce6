/**
 * Nudges: after appends a message wakes forwarding and subscriptions, so that they need not look every few seconds
 * whether there is something to do.
 *
 * Invariants: a nudge is only for speed, what is lost is made up for by the timers; it never delays or fails an append,
 * and an append is never without a nudge that was sent after its commit, unless the nudge was lost; an instance sends
 * at most one in each interval. It must not know what a subscription does, nor how a message gets to its queue.
 */
export { Nudger, noNudges, type NudgerOptions, type Nudges } from './nudger.ts'
export { messageOfNudge, namesOfNudge, NUDGES_QUEUE, type NudgeMessage } from './nudge-message.ts'
export { wakeLimits, WakeUps, type WakeOutcome, type WakeRun, type WakeUpsOptions } from './wake-ups.ts'
