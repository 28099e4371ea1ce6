import { checkConsistency } from '../../shared/event-store/index.ts'
import { z } from 'zod'
import {
  conditionalReadHeaders,
  defineRouteFor,
  isKnownTag,
  reply,
  versionTag,
} from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { consistencyHeader, readers } from './read-inputs.ts'
import { streamIdSchema } from '../../shared/event-form/index.ts'
import type { EventServices } from './services.ts'

export const streamInfoRoute = (services: () => EventServices) =>
  defineRouteFor<TenantContext>()({
    name: 'stream-info',
    method: 'GET',
    path: '/api/streams/{streamId}',
    summary: 'Look at a stream',
    description: 'Version, type and times. The ETag is the version; `If-None-Match` with it answers 304.',
    tags: ['Events'],
    access: readers,
    request: {
      params: z.object({ streamId: streamIdSchema }),
      headers: z.object({ ...consistencyHeader, ...conditionalReadHeaders }),
    },
    responses: {
      200: {
        description: 'The stream',
        schema: z
          .object({
            streamId: z.string(),
            version: z.int(),
            streamType: z.string().nullable(),
            createdAt: z.string(),
            updatedAt: z.string(),
          })
          .meta({ id: 'StreamInfo' }),
        headers: { ETag: { description: 'The version of the stream', example: '"3"' } },
      },
      304: { description: 'The stream is still at the version that If-None-Match names' },
    },
    errors: ['STREAM_NOT_FOUND', 'INVALID_STREAM_ID', 'INVALID_CURSOR', 'EPOCH_ENDED'],
    async handler({ params, headers, caller }) {
      // All reads go to the primary, which has every write. What remains to be checked is whether the write was lost
      // since.
      await checkConsistency(services(), caller.tenant, headers['consistency-token'])
      const info = await services().events.streamInfo(caller.tenant, params.streamId)
      const etag = versionTag(info.version)
      if (isKnownTag(headers['if-none-match'], etag)) return reply(304, { headers: { ETag: etag } })
      return reply(200, { json: info, headers: { ETag: etag } })
    },
  })
