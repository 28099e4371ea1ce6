/**
 * How long to wait before the next attempt: twice as long after each failure, up to a limit, and spread by chance.
 *
 * Invariants: nothing is waited for longer than `longestMs`, after however many failures; many callers that lost the
 * same server do not all come back at once (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015).
 * It must not decide whether there is a next attempt, and must not wait itself.
 */
export { equalJitterMs, fullJitterMs, type BackOff } from './back-off.ts'
