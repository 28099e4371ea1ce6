import { eventLimits } from '../../shared/event-store/index.ts'
import { Permits } from './permits.ts'
import { readLimits } from './read-limits.ts'

/**
 * The requests that hold a permit for seconds to minutes, by class. Every other request is short and is never refused
 * for its number.
 */
export interface LongHeld {
  /** Long polls, of streams and of feeds. */
  readonly waiting: Permits
  /** Live feeds. */
  readonly viewing: Permits
  /** Imports, and reads of more than a page as lines. */
  readonly bulk: Permits
}

/** @param viewersMax as it is configured */
export const longHeldPermits = (viewersMax: () => number): LongHeld => ({
  waiting: new Permits({
    what: 'long polls',
    max: () => readLimits.waitingMax,
    advice: 'Ask again when one has ended, or follow many streams with one long poll of the feed.',
    retryAfterSeconds: readLimits.retryAfterSeconds,
  }),
  viewing: new Permits({
    what: 'viewers of live feeds',
    max: viewersMax,
    advice: 'Try again in a moment, or read with `wait`.',
    retryAfterSeconds: readLimits.retryAfterSeconds,
  }),
  bulk: new Permits({
    what: 'exports and imports',
    max: () => readLimits.bulkMax,
    advice: `Try again when one has ended. A read of ${eventLimits.pageEventsMax} events at the most needs no permit: set \`limit\`.`,
    retryAfterSeconds: readLimits.bulkRetryAfterSeconds,
  }),
})
