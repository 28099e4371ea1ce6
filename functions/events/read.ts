import { z } from 'zod'
import { decodeConsistency, eventLimits } from '../../shared/event-store/index.ts'
import { defineRouteFor, reply, versionTag, wholeNumber } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Services } from '../services.ts'
import { limitSchema, storedEventSchema, streamIdSchema } from './schemas.ts'

/** The longest number that `wholeNumber` takes; no stream gets there. */
const VERSION_MAX = 999_999_999_999_999

const READERS = { kind: 'tenant', roles: ['reader', 'writer', 'admin'] } as const

const consistencyHeader = {
  'consistency-token': z.string().max(200).optional().describe('From an append: the read sees that write.'),
}

/** All reads go to the primary, which has seen every write; the token is checked so that a bad one is told, not ignored. */
function checkConsistency(tenant: TenantContext, token: string | undefined): void {
  if (token !== undefined) decodeConsistency(tenant.tenantId, token)
}

export const readStreamRoute = (services: () => Services) =>
  defineRouteFor<TenantContext>()({
    name: 'read-stream',
    method: 'GET',
    path: '/api/streams/{streamId}/events',
    summary: 'Read the events of a stream',
    description:
      'A page of events in the order of their versions. `next` is the `from` of the next page, null at the end.',
    tags: ['Events'],
    access: READERS,
    request: {
      params: z.object({ streamId: streamIdSchema }),
      query: z.object({
        from: wholeNumber({ min: 1, max: VERSION_MAX })
          .optional()
          .describe('First version, inclusive. Default: 1, backward the newest.'),
        direction: z.enum(['forward', 'backward']).default('forward'),
        limit: limitSchema,
      }),
      headers: z.object(consistencyHeader),
    },
    responses: {
      200: {
        description: 'A page of the stream',
        schema: z.object({ events: z.array(storedEventSchema), next: z.int().nullable() }),
        headers: {
          Link: { description: 'The next page, `rel="next"`' },
          ETag: { description: 'The version of the stream' },
        },
      },
    },
    errors: ['STREAM_NOT_FOUND', 'INVALID_STREAM_ID', 'INVALID_CURSOR'],
    async handler({ params, query, headers, caller }) {
      checkConsistency(caller.tenant, headers['consistency-token'])
      const { direction, limit } = query
      const page = await services().events.readStream(caller.tenant, {
        streamId: params.streamId,
        from: query.from,
        backward: direction === 'backward',
        limit,
      })
      const link = `/api/streams/${encodeURIComponent(params.streamId)}/events?from=${page.next}&direction=${direction}&limit=${limit}`
      return reply(200, {
        jsonText: `{"events":[${page.events.join(',')}],"next":${page.next}}`,
        headers: {
          ETag: versionTag(page.streamVersion),
          ...(page.next === null ? {} : { Link: `<${link}>; rel="next"` }),
        },
      })
    },
  })

export const streamInfoRoute = (services: () => Services) =>
  defineRouteFor<TenantContext>()({
    name: 'stream-info',
    method: 'GET',
    path: '/api/streams/{streamId}',
    summary: 'Look at a stream',
    description: 'Version, type and times. The ETag is the version; `If-None-Match` with it answers 304.',
    tags: ['Events'],
    access: READERS,
    request: {
      params: z.object({ streamId: streamIdSchema }),
      headers: z.object({ ...consistencyHeader, 'if-none-match': z.string().max(1_000).optional() }),
    },
    responses: {
      200: {
        description: 'The stream',
        schema: z.object({
          streamId: z.string(),
          version: z.int(),
          streamType: z.string().nullable(),
          createdAt: z.string(),
          updatedAt: z.string(),
        }),
        headers: { ETag: { description: 'The version of the stream', example: '"3"' } },
      },
      304: { description: 'The stream is still at the version that If-None-Match names' },
    },
    errors: ['STREAM_NOT_FOUND', 'INVALID_STREAM_ID', 'INVALID_CURSOR'],
    async handler({ params, headers, caller }) {
      checkConsistency(caller.tenant, headers['consistency-token'])
      const info = await services().events.streamInfo(caller.tenant, params.streamId)
      const etag = versionTag(info.version)
      const known = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
      if (known?.includes(etag) === true || known?.includes('*') === true)
        return reply(304, { headers: { ETag: etag } })
      return reply(200, { json: info, headers: { ETag: etag } })
    },
  })

export const readFeedRoute = (services: () => Services) =>
  defineRouteFor<TenantContext>()({
    name: 'read-feed',
    method: 'GET',
    path: '/api/events',
    summary: "Read the tenant's feed",
    description:
      'Everything that happened in the tenant, in one order, after a checkpoint. `next` is always there: keep it and send it as `after`. ' +
      'An event never appears behind a checkpoint. A page filtered by type may be empty although more follows; a page without a filter is empty only at the end.',
    tags: ['Events'],
    access: READERS,
    request: {
      query: z.object({
        after: z
          .string()
          .max(200)
          .optional()
          .describe('`next` of an earlier page. From the beginning when absent.'),
        type: z
          .array(z.string().min(1).max(eventLimits.identifierCharactersMax))
          .max(eventLimits.feedTypesMax)
          .optional()
          .describe('Only events of this type; may be repeated.'),
        limit: limitSchema,
      }),
      headers: z.object(consistencyHeader),
    },
    responses: {
      200: {
        description: 'A page of the feed',
        schema: z.object({ events: z.array(storedEventSchema), next: z.string() }),
        headers: { Link: { description: 'The next page, `rel="next"`' } },
      },
    },
    errors: ['INVALID_CURSOR', 'EPOCH_ENDED'],
    async handler({ query, headers, caller }) {
      checkConsistency(caller.tenant, headers['consistency-token'])
      const page = await services().events.readFeed(caller.tenant, {
        after: query.after,
        types: query.type,
        limit: query.limit,
      })
      const types = (query.type ?? []).map((type) => `&type=${encodeURIComponent(type)}`).join('')
      return reply(200, {
        jsonText: `{"events":[${page.events.join(',')}],"next":"${page.next}"}`,
        headers: { Link: `</api/events?after=${page.next}&limit=${query.limit}${types}>; rel="next"` },
      })
    },
  })
