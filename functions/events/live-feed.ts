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
  /** Whose share of the viewers it counts to. */
  readonly holder: string
  /** Fires when the client has disconnected or the time of the request is over. */
  readonly signal: AbortSignal
  /** @throws when the caller may not go on reading. */
  readonly checkAgain: () => Promise<void>
}

/**
 * A feed as server-sent events: one `event` each, whose id is the checkpoint after it, until the client goes or the
 * time is over, when it comes back with that id. The first page is read before anything is written, so that a token of
 * another epoch is still answered as what it is. A heartbeat moves the id along, so that a filter which passes nothing
 * is not read again from its beginning.
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
      if (page.events.length > 0) pauseMs = readLimits.pauseMsMin
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

/** An event of a page without tokens gets none, but for the last: then the client goes on after the whole page. */
function eventsOf({ events, checkpoints, next }: FeedPage): string {
  return events
    .map((data, index) => {
      const id = checkpoints?.[index] ?? (index === events.length - 1 ? next : undefined)
      return serverSentEvent({ event: 'event', data, ...(id === undefined ? {} : { id }) })
    })
    .join('')
}

const heartbeatOf = ({ next }: FeedPage): string => serverSentEvent({ comment: 'still here', id: next })
