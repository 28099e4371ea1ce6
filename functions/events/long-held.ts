import { eventLimits } from '../../shared/event-store/index.ts'
import { Places } from './places.ts'
import { readLimits } from './read-limits.ts'

/** The requests that hold a place for seconds to minutes, by class. Every other request is short and is never refused for its number. */
export interface LongHeld {
  /** Long polls, of streams and of feeds. */
  readonly waiting: Places
  /** Live feeds. */
  readonly viewing: Places
  /** Imports, and reads of more than a page as lines. */
  readonly bulk: Places
}

/** @param viewersMax as it is configured */
export const longHeldPlaces = (viewersMax: () => number): LongHeld => ({
  waiting: new Places({
    what: 'long polls',
    max: () => readLimits.waitingMax,
    advice: 'Ask again when one has ended, or follow many streams with one long poll of the feed.',
    retryAfterSeconds: readLimits.retryAfterSeconds,
  }),
  viewing: new Places({
    what: 'viewers of live feeds',
    max: viewersMax,
    advice: 'Try again in a moment, or read with `wait`.',
    retryAfterSeconds: readLimits.retryAfterSeconds,
  }),
  bulk: new Places({
    what: 'exports and imports',
    max: () => readLimits.bulkMax,
    advice: `Try again when one has ended. A read of ${eventLimits.pageEventsMax} events at the most needs no place: set \`limit\`.`,
    retryAfterSeconds: readLimits.bulkRetryAfterSeconds,
  }),
})
