import { eventLimits } from '../../shared/event-store/index.ts'
import type { EventTexts } from '../../shared/event-store/index.ts'
import { readLimits } from './read-limits.ts'

/** A page of a stream or of a feed. */
export interface LinePage<C> {
  readonly texts: EventTexts
  /** Where the next page begins; null at the end of a stream. */
  readonly next: C | null
}

export interface PageReading<C> {
  readonly read: (cursor: C, limit: number) => Promise<LinePage<C>>
  readonly from: C
  /** Events of the whole answer. */
  readonly limit: number | undefined
  /** @throws when the caller may not go on reading. */
  readonly checkAgain: () => Promise<void>
}

/**
 * Page after page as JSON lines, one event each, and a last line `{"next": ...}`: without it the answer is not
 * complete. One page is in memory at a time, and the next is read when the client has taken it. `next` is null at the
 * end of a stream. A feed has no end: there, and in an answer that ends earlier, `next` is where to go on from.
 */
export async function* pageLines<C extends string | number | undefined>({
  read,
  from,
  limit,
  checkAgain,
}: PageReading<C>): AsyncGenerator<string> {
  const endsAtMs = Date.now() + readLimits.streamedMs
  let left = limit ?? Infinity
  let bytes = 0
  let cursor = from
  for (;;) {
    const page = await read(cursor, Math.min(left, eventLimits.pageEventsMax))
    // A feed that gives nothing and does not move is at its end. If it gives nothing and moves, a filter has left out
    // events.
    const isEnd = page.next === null || (page.texts.count === 0 && page.next === cursor)
    left -= page.texts.count
    for (const lines of chunksOf(page.texts.lines())) {
      bytes += lines.length
      yield lines
    }
    if (isEnd || left <= 0 || bytes >= readLimits.streamedBytesMax || Date.now() >= endsAtMs) {
      yield JSON.stringify({ next: page.next })
      return
    }
    await checkAgain()
    cursor = page.next ?? cursor
  }
}

/** Characters of one write: small enough that little waits for the socket, large enough that a write costs little. */
const CHUNK_CHARACTERS = 262_144

/** Pieces of whole lines. A line that is longer than a piece is a piece of its own. */
function* chunksOf(lines: string): Generator<string> {
  let start = 0
  while (start < lines.length) {
    const lineFeed = lines.indexOf('\n', start + CHUNK_CHARACTERS)
    const end = lineFeed === -1 ? lines.length : lineFeed
    yield lines.slice(start, end)
    start = end + 1
  }
}
