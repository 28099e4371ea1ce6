import { eventLimits } from '../../shared/event-store/index.ts'
import type { FeedPage, FeedQuery } from '../../shared/event-store/index.ts'
import { serverSentEvent } from '../../shared/http/index.ts'
import { eventErrors } from './errors.ts'
import { nextPauseMs, pause } from './pause.ts'
import type { Permits } from './permits.ts'
import { readLimits } from './read-limits.ts'

export interface LiveFeed {
  readonly read: (query: FeedQuery) => Promise<FeedPage>
  /** Filters, and where to begin. */
  readonly query: Omit<FeedQuery, 'limit' | 'withCheckpoints'>
  readonly viewers: Permits
  /** The viewer counts to the share of this holder. */
  readonly holder: string
  /** Fires when the client has disconnected or the time of the request is over. */
  readonly signal: AbortSignal
  /** @throws when the caller may not go on reading. */
  readonly checkAgain: () => Promise<void>
}

/**
 * A feed as server-sent events: one `event` each, whose id is the checkpoint after it. It ends when the client
 * disconnects or the time is over; the client then connects again with the last id. The first page is read before
 * anything is written, so that a token of another epoch is still answered with its own error. A heartbeat carries the
 * newest id. Without it, a client whose filter passes nothing would connect again with an old id, and all of the feed
 * after it would be read again.
 * @throws TrickleError LIVE_VIEWERS_FULL, TENANT_SHARE_HELD, and as readFeed; before the first string.
 */
export async function* liveFeed(feed: LiveFeed): AsyncGenerator<string> {
  const giveBack = feed.viewers.takeOrRefuse(feed.holder, eventErrors.LIVE_VIEWERS_FULL)
  try {
    const endsAtMs = Date.now() + readLimits.liveMs
    let page = await readPage(feed, feed.query)
    let text = serverSentEvent({ retryMs: readLimits.reconnectMs }) + eventsOf(page) + heartbeatOf(page)
    let bytes = text.length
    let spokeAtMs = Date.now()
    let pauseMs: number = readLimits.pauseMsMin
    yield text
    while (!feed.signal.aborted && Date.now() < endsAtMs && bytes < readLimits.streamedBytesMax) {
      const before = page.next
      await feed.checkAgain()
      page = await readPage(feed, { ...feed.query, since: undefined, after: before })
      text = eventsOf(page)
      if (text === '' && Date.now() - spokeAtMs >= readLimits.heartbeatMs) text = heartbeatOf(page)
      if (text !== '') {
        bytes += text.length
        yield text
        spokeAtMs = Date.now()
      }
      if (page.texts.count > 0) pauseMs = readLimits.pauseMsMin
      else if (page.next === before) {
        await pause(pauseMs, feed.signal)
        pauseMs = nextPauseMs(pauseMs)
      }
    }
  } finally {
    giveBack()
  }
}

const readPage = (feed: LiveFeed, query: LiveFeed['query']): Promise<FeedPage> =>
  feed.read({ ...query, limit: eventLimits.pageEventsDefault, withCheckpoints: true })

/**
 * If a page has no token for each event, only its last event gets one: the client then goes on after the whole page.
 */
function eventsOf({ events, checkpoints, next }: FeedPage): string {
  return events
    .map((data, index) => {
      const id = checkpoints?.[index] ?? (index === events.length - 1 ? next : undefined)
      return serverSentEvent({ event: 'event', data, ...(id === undefined ? {} : { id }) })
    })
    .join('')
}

const heartbeatOf = ({ next }: FeedPage): string => serverSentEvent({ comment: 'still here', id: next })
