import { z } from 'zod'
import { isTrickleError } from '../../shared/errors/index.ts'
import { streamIdSchema } from '../../shared/event-form/index.ts'
import { checkConsistency, noEvents, StreamPage } from '../../shared/event-store/index.ts'
import type { StreamQuery } from '../../shared/event-store/index.ts'
import {
  conditionalReadHeaders,
  defineRouteFor,
  isKnownTag,
  DEADLINE_MAX_MS,
  nextPageSchema,
  reply,
  versionTag,
  wholeNumber,
} from '../../shared/http/index.ts'
import type { HandlerContext, Reply } from '../../shared/http/index.ts'
import type { Work } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { NDJSON_TYPE, pagesForm } from './answer-form.ts'
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
import type { Look } from './wait-for-events.ts'

/** The longest number that `wholeNumber` takes; no stream gets there. */
const VERSION_MAX = 999_999_999_999_999
const versionSchema = wholeNumber({ min: 1, max: VERSION_MAX }).optional()

const querySchema = z.object({
  from: versionSchema.describe('First version, inclusive. Default: 1, backward the newest.'),
  to: versionSchema.describe(
    'Last version, inclusive; backward the lowest one. Default: the end, backward 1.',
  ),
  direction: z.enum(['forward', 'backward']).default('forward'),
  type: filterSchema('Only events of this type; may be repeated.'),
  limit: limitSchema,
  wait: waitSchema.describe(
    `Seconds to wait for an event when there is none, forward only. With it \`next\` is a version also at the end of the stream, and a stream that does not exist is empty.`,
  ),
})
type StreamReadQuery = z.output<typeof querySchema>

const paramsSchema = z.object({ streamId: streamIdSchema })
const headersSchema = z.object({ ...consistencyHeader, ...conditionalReadHeaders })

const responses = {
  200: {
    description: 'A page of the stream',
    schema: z
      .object({ events: z.array(storedEventSchema), next: nextPageSchema(z.int().nullable()) })
      .meta({ id: 'StreamPage' }),
    example: { events: [storedEventExample], next: null },
    alternatives: {
      [NDJSON_TYPE]: { example: linesExample(null) },
    },
    headers: {
      Link: { description: 'The next page, `rel="next"`' },
      ETag: {
        description:
          'The version of the stream, on every page: for If-None-Match on the same URL, and for If-Match of an append',
      },
      'Retry-After': { description: 'With `wait`: too many wait already, so this was answered at once' },
    },
  },
  304: {
    description: 'Nothing was appended since this URL was answered with the ETag that If-None-Match names',
  },
}

export const readStreamRoute = (services: () => EventServices, permits: LongHeld) =>
  defineRouteFor<TenantContext>()({
    name: 'read-stream',
    method: 'GET',
    path: '/api/streams/{streamId}/events',
    summary: 'Read the events of a stream',
    description:
      'A page of events in the order of their versions. `next` is the `from` of the next page, null at the end. A page filtered by type may be empty although more follows. ' +
      'With `Accept: application/x-ndjson` the answer goes on page after page, one event a line; its last line `{"next": ...}` proves that it is complete.',
    tags: ['Events'],
    access: readers,
    request: { params: paramsSchema, query: querySchema, headers: headersSchema },
    responses,
    errors: [
      'STREAM_NOT_FOUND',
      'INVALID_STREAM_ID',
      'INVALID_CURSOR',
      'EPOCH_ENDED',
      'TENANT_SHARE_HELD',
      'BULK_WORK_FULL',
    ],
    deadlineMs: DEADLINE_MAX_MS,
    handler: (request) => answer(services(), permits, request),
  })

type StreamRequest = HandlerContext<
  TenantContext,
  typeof readers,
  z.output<typeof paramsSchema>,
  StreamReadQuery,
  z.output<typeof headersSchema>,
  undefined
>

async function answer(
  services: EventServices,
  permits: LongHeld,
  { params, query, headers, caller, request, signal, clientSignal, checkAgain }: StreamRequest,
): Promise<Reply> {
  // All reads go to the primary, which has every write. What remains to be checked is whether the write was lost since.
  await checkConsistency(services, caller.tenant, headers['consistency-token'])
  checkRange(query)
  const read = (from: number | undefined, limit: number, work: Work = 'short'): Promise<StreamPage> =>
    storeFor(services, work).readStream(caller.tenant, {
      ...storeQuery(params.streamId, query),
      from,
      limit,
    })
  const holder = holderOf(caller)
  if (pagesForm(request.headers.get('accept')) === NDJSON_TYPE) {
    if (query.wait !== undefined) throw refusedParameter('wait', 'goes with application/json only')
    return linesReply({
      read,
      from: query.from,
      limit: query.limit,
      permits: permits.bulk,
      holder,
      checkAgain,
    })
  }
  const limit = pageLimit(query.limit)
  const pageOrUnchanged = (page: StreamPage, hasPermit = true): Reply =>
    isKnownTag(headers['if-none-match'], versionTag(page.streamVersion))
      ? reply(304, { headers: { ETag: versionTag(page.streamVersion) } })
      : pageReply(params.streamId, query, page, hasPermit)
  if (query.wait === undefined) return pageOrUnchanged(await read(query.from, limit))
  const { page, hasPermit } = await waitForEvents({
    look: (from) => followStream(from, query, () => read(from, limit)),
    from: query.from ?? 1,
    endsAtMs: Date.now() + query.wait * 1_000,
    signal: AbortSignal.any([signal, clientSignal]),
    permits: permits.waiting,
    holder,
    checkAgain,
  })
  return pageOrUnchanged(page, hasPermit)
}

/** @throws TrickleError VALIDATION_FAILED for a combination that makes no sense. */
function checkRange({ from, to, direction, wait }: StreamReadQuery): void {
  const isBackward = direction === 'backward'
  if (from !== undefined && to !== undefined && (isBackward ? to > from : to < from)) {
    throw refusedParameter('to', `comes before \`from\` in the direction ${direction}`)
  }
  if (wait !== undefined && isBackward)
    throw refusedParameter('wait', 'goes with the direction forward only: nothing new comes backward')
}

const storeQuery = (streamId: string, query: StreamReadQuery): Omit<StreamQuery, 'limit'> => ({
  streamId,
  from: query.from,
  to: query.to,
  backward: query.direction === 'backward',
  types: query.type,
})

/**
 * A page for a client that follows the stream. At the end of the stream, `next` is the version that is written next,
 * unless the range ends before it. A stream that nobody has written to yet counts as a stream without events.
 */
async function followStream(
  from: number,
  { to }: StreamReadQuery,
  read: () => Promise<StreamPage>,
): Promise<Look<StreamPage, number>> {
  const page = await read().catch((error: unknown): StreamPage => {
    if (isTrickleError(error) && error.code === 'STREAM_NOT_FOUND') return new StreamPage(noEvents, 0, null)
    throw error
  })
  const coming = Math.max(from, page.streamVersion + 1)
  const next = page.next ?? (to !== undefined && coming > to ? null : coming)
  return {
    page: new StreamPage(page.texts, page.streamVersion, next),
    isEmpty: page.texts.count === 0,
    next,
  }
}

function pageReply(streamId: string, query: StreamReadQuery, page: StreamPage, hasPermit: boolean): Reply {
  const { next, streamVersion, texts } = page
  const link = `/api/streams/${encodeURIComponent(streamId)}/events?${queryText({ ...query, from: next ?? 0 })}`
  return reply(200, {
    jsonText: `{"events":[${texts.text}],"next":${next}}`,
    headers: {
      ETag: versionTag(streamVersion),
      ...(next === null ? {} : { Link: `<${link}>; rel="next"` }),
      ...(hasPermit ? {} : { 'Retry-After': String(readLimits.retryAfterSeconds) }),
    },
  })
}
