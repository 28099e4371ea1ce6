import { eventLimits } from '../../shared/event-store/index.ts'
import type { EventStore } from '../../shared/event-store/index.ts'
import { reply } from '../../shared/http/index.ts'
import type { Reply } from '../../shared/http/index.ts'
import type { Work } from '../../shared/postgres/index.ts'
import { NDJSON_TYPE } from './answer-form.ts'
import { pageLines } from './page-lines.ts'
import type { LinePage, PageReading } from './page-lines.ts'
import { asBulkWork } from './permits.ts'
import type { Permits } from './permits.ts'
import type { EventServices } from './services.ts'

export interface LinesRequest<C> extends Omit<PageReading<C>, 'read'> {
  /** Reads a page as a short request, and as bulk work. */
  readonly read: (cursor: C, limit: number, work: Work) => Promise<LinePage<C>>
  readonly permits: Permits
  /** The permit counts to the share of this holder. */
  readonly holder: string
}

/** Where a page is read for this kind of work. */
export const storeFor = (services: EventServices, work: Work): Pick<EventStore, 'readStream' | 'readFeed'> =>
  work === 'bulk' ? services.bulkEvents : services.events

/**
 * Events as lines. Up to a page of them is a short request, as a page of JSON is: read at once, written at once,
 * whatever time the client then takes to read it. Everything else goes on for as long as the client reads, so it is
 * bulk work and needs a permit. The permit is taken with the first line that is asked for: an answer to HEAD has no
 * lines, so it takes no permit.
 * @throws TrickleError as `read`; before the first line TENANT_SHARE_HELD, BULK_WORK_FULL
 */
export async function linesReply<C extends string | number | undefined>(
  request: LinesRequest<C>,
): Promise<Reply> {
  const { read, from, limit, checkAgain, permits, holder } = request
  if (limit !== undefined && limit <= eventLimits.pageEventsMax) {
    const { texts, next } = await read(from, limit, 'short')
    const lines = texts.count === 0 ? '' : `${texts.lines()}\n`
    return reply(200, { text: `${lines}${JSON.stringify({ next })}\n`, contentType: NDJSON_TYPE })
  }
  const pages = pageLines({
    read: (cursor: C, pageLimit) => read(cursor, pageLimit, 'bulk'),
    from,
    limit,
    checkAgain,
  })
  return reply(200, { ndjson: asBulkWork(permits, holder, pages) })
}
