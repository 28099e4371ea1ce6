import { eventLimits } from '../event-store/index.ts'
import { longPartOf } from '../json/index.ts'

/**
 * Twice what an event may have. A longer text is refused by its length as it was sent: writing it once more only to
 * measure it takes as long as all the rest. Up to this length an event is measured as it will be written, so white
 * space and escapes of the sent text don't count.
 */
const SENT_CHARACTERS_MAX = 2 * eventLimits.eventBytesMax

export const TOO_LARGE_MESSAGE = `An event may have ${eventLimits.eventBytesMax} bytes. Keep large content elsewhere and refer to it.`

/** True for a part of an event that was sent as more text than any event is made of. */
export function isTooLong(value: unknown): boolean {
  const characters = typeof value === 'string' ? value.length : (longPartOf(value)?.characters ?? 0)
  return characters > SENT_CHARACTERS_MAX
}
