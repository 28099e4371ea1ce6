import { z } from 'zod'
import { checkConsistency } from '../../shared/event-store/index.ts'
import type { FeedPage, FeedQuery } from '../../shared/event-store/index.ts'
import {
  defineRouteFor,
  DEADLINE_MAX_MS,
  nextPageSchema,
  reply,
  serverSentEvent,
  timeSchema,
} from '../../shared/http/index.ts'
import type { HandlerContext, Reply } from '../../shared/http/index.ts'
import type { Work } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { EVENT_STREAM_TYPE, feedForm, JSON_TYPE, NDJSON_TYPE } from './answer-form.ts'
import { eventErrors } from './errors.ts'
import { liveFeed } from './live-feed.ts'
import { linesReply, storeFor } from './lines-reply.ts'
import type { LongHeld } from './long-held.ts'
import { holderOf } from './permits.ts'
import {
  consistencyHeader,
  filterSchema,
  limitSchema,
  pageLimit,
  queryText,
  readers,
  refusedParameter,
  waitSchema,
} from './read-inputs.ts'
import { readLimits } from './read-limits.ts'
import { linesExample, storedEventExample, storedEventSchema } from './schemas.ts'
import type { EventServices } from './services.ts'
import { waitForEvents } from './wait-for-events.ts'

const TOKEN_EXAMPLE = 'AgEKGyw9a6e4EJ2tQdGAtADAT9QwyFC7nU-IAcnww12rzUJrd8MrQ3Vy8osIqX2JXJ4D7NDZLVwwRH75qMY'
const tokenSchema = z.string().max(200).optional()

const querySchema = z
  .object({
    after: tokenSchema.describe('`next` of an earlier page. From the beginning when absent.'),
    since: timeSchema
      .optional()
      .describe(
        'Begin with the first event recorded at this time or later (write + as %2B). Not together with `after`.',
      ),
    type: filterSchema('Only events of this type; may be repeated.'),
    streamType: filterSchema(
      'Only events of streams of this type (the feed of a category); may be repeated.',
    ),
    limit: limitSchema,
    wait: waitSchema.describe('Seconds to wait for an event when there is none: long polling.'),
  })
  .superRefine(({ after, since }, context) => {
    if (after !== undefined && since !== undefined)
      context.addIssue({ code: 'custom', path: ['since'], message: 'does not go together with after' })
  })
type FeedReadQuery = z.output<typeof querySchema>

const DESCRIPTION =
  'Everything that happened in the tenant, in one order, after a checkpoint or since a time. `next` is always there: keep it and send it as `after`. ' +
  'An event never appears before a checkpoint that was handed out. A filtered page may be empty although more follows, with a `next` that has moved on; a page without a filter is empty only at the end.\n\n' +
  'With `Accept: application/x-ndjson` the answer goes on page after page, one event a line; its last line `{"next": ...}` proves that it is complete. ' +
  'With `Accept: text/event-stream`, where it is switched on, events come as they happen: `id` is the checkpoint, `event` is `event`, `data` the event; `Last-Event-ID` resumes.'

const headersSchema = z.object({
  ...consistencyHeader,
  'last-event-id': tokenSchema.describe(
    'Sent by clients of server-sent events that come back; goes before `after` and `since`.',
  ),
})

const responses = {
  200: {
    description: 'A page of the feed',
    schema: z
      .object({ events: z.array(storedEventSchema), next: nextPageSchema(z.string()) })
      .meta({ id: 'FeedPage' }),
    example: { events: [storedEventExample], next: TOKEN_EXAMPLE },
    alternatives: {
      [NDJSON_TYPE]: { example: linesExample(TOKEN_EXAMPLE) },
      [EVENT_STREAM_TYPE]: {
        example: serverSentEvent({
          id: TOKEN_EXAMPLE,
          event: 'event',
          data: JSON.stringify(storedEventExample),
        }),
      },
    },
    headers: {
      Link: { description: 'The next page, `rel="next"`' },
      'Retry-After': { description: 'With `wait`: too many wait already, so this was answered at once' },
    },
  },
}

export const readFeedRoute = (services: () => EventServices, permits: LongHeld) =>
  defineRouteFor<TenantContext>()({
    name: 'read-feed',
    method: 'GET',
    path: '/api/events',
    summary: "Read the tenant's feed",
    description: DESCRIPTION,
    tags: ['Events'],
    access: readers,
    request: { query: querySchema, headers: headersSchema },
    responses,
    errors: [
      'INVALID_CURSOR',
      'EPOCH_ENDED',
      'NOT_ACCEPTABLE',
      eventErrors.LIVE_VIEWERS_FULL,
      'TENANT_SHARE_HELD',
      'BULK_WORK_FULL',
    ],
    deadlineMs: DEADLINE_MAX_MS,
    handler: (request) => answer(services(), permits, request),
  })

type FeedRequest = HandlerContext<
  TenantContext,
  typeof readers,
  unknown,
  FeedReadQuery,
  z.output<typeof headersSchema>,
  undefined
>

async function answer(
  services: EventServices,
  permits: LongHeld,
  { query, headers, caller, request, signal, clientSignal, checkAgain }: FeedRequest,
): Promise<Reply> {
  // All reads go to the primary, which has every write. What remains to be checked is whether the write was lost since.
  await checkConsistency(services, caller.tenant, headers['consistency-token'])
  const isLive = services.settings.TRICKLE_EVENTS_SSE_VIEWERS_MAX > 0
  const form = feedForm(request.headers.get('accept'), isLive)
  if (form !== JSON_TYPE && query.wait !== undefined)
    throw refusedParameter('wait', 'goes with application/json only')
  const read = (feedQuery: FeedQuery, work: Work = 'short'): Promise<FeedPage> =>
    storeFor(services, work).readFeed(caller.tenant, feedQuery)
  const holder = holderOf(caller)
  const stop = AbortSignal.any([signal, clientSignal])
  if (form === EVENT_STREAM_TYPE) {
    if (query.limit !== undefined) throw refusedParameter('limit', 'does not go with text/event-stream')
    const resumed = headers['last-event-id']
    const events = liveFeed({
      read,
      query: storeQuery(query, resumed === undefined || resumed === '' ? undefined : resumed),
      viewers: permits.viewing,
      holder,
      signal: stop,
      checkAgain,
    })
    return reply(200, { serverSentEvents: events })
  }
  const readPage = (after: string | undefined, limit: number, work?: Work): Promise<FeedPage> =>
    read({ ...storeQuery(query, after), limit }, work)
  if (form === NDJSON_TYPE) {
    const { after: from, limit } = query
    return linesReply({ read: readPage, from, limit, permits: permits.bulk, holder, checkAgain })
  }
  const limit = pageLimit(query.limit)
  if (query.wait === undefined) return pageReply(query, await readPage(query.after, limit))
  const { page, hasPermit } = await waitForEvents({
    look: (after: string | undefined) => lookAt(readPage(after, limit)),
    from: query.after,
    endsAtMs: Date.now() + query.wait * 1_000,
    signal: stop,
    permits: permits.waiting,
    holder,
    checkAgain,
  })
  return pageReply(query, page, hasPermit)
}

const lookAt = async (reading: Promise<FeedPage>) => {
  const page = await reading
  return { page, isEmpty: page.texts.count === 0, next: page.next }
}

/** A token that a page handed out is used instead of the `after` and `since` that the request began with. */
const storeQuery = (query: FeedReadQuery, after: string | undefined): Omit<FeedQuery, 'limit'> => ({
  after: after ?? query.after,
  since: after === undefined ? query.since : undefined,
  types: query.type,
  streamTypes: query.streamType,
})

function pageReply(query: FeedReadQuery, { texts, next }: FeedPage, hasPermit = true): Reply {
  const { after: _after, since: _since, ...others } = query
  const link = `/api/events?${queryText({ after: next, ...others })}`
  return reply(200, {
    jsonText: `{"events":[${texts.text}],"next":"${next}"}`,
    headers: {
      Link: `<${link}>; rel="next"`,
      ...(hasPermit ? {} : { 'Retry-After': String(readLimits.retryAfterSeconds) }),
    },
  })
}
