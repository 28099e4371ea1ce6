import { z } from 'zod'
import { BATCH, streamIdSchema, STRUCTURED } from '../../shared/event-form/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import type { AppendResult } from '../../shared/event-store/index.ts'
import {
  defineRouteFor,
  markReplayed,
  parsePrecondition,
  preconditionHeaders,
  reply,
  versionTag,
} from '../../shared/http/index.ts'
import type { Reply } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { fromAppendBody } from './append-body.ts'
import { documentedBodies } from './append-documents.ts'
import { appendedSchema, appendSchema } from './append-schemas.ts'
import type { EventServices } from './services.ts'

/** Room for the JSON around the events: names of members, ids, white space. */
export const APPEND_FRAME_BYTES = 1_048_576

export const appendHeaders = {
  'Consistency-Token': { description: 'Send it with a read that must see this write' },
  'Idempotency-Replayed': { description: '`true` when an earlier append was found instead' },
} as const

export const APPEND_ERRORS = [
  'VERSION_CONFLICT',
  'EVENT_ID_EXISTS',
  'IDEMPOTENCY_KEY_REUSED',
  'STREAM_TYPE_MISMATCH',
  'NAME_TAKEN',
  'NAME_NOT_HELD',
  'EVENT_TOO_LARGE',
  'TOO_MANY_EVENTS',
  'INVALID_STREAM_ID',
  'OUTCOME_UNKNOWN',
] as const

export const appendRoute = (services: () => EventServices) =>
  defineRouteFor<TenantContext>()({
    name: 'append-events',
    method: 'POST',
    path: '/api/streams/{streamId}/events',
    summary: 'Append events to a stream',
    description:
      'Writes one event, `{events: [...]}`, or CloudEvents (structured and batch by media type, binary by `ce-` headers), all or nothing. Without a condition any version will do; ' +
      '`If-None-Match: *` demands a new stream, `If-Match: *` an existing one, `If-Match: "5"` exactly version 5. ' +
      'Sending the same event ids or the same Idempotency-Key again answers with the first result.',
    tags: ['Events'],
    access: { kind: 'tenant', roles: ['writer', 'admin'] },
    request: {
      params: z.object({ streamId: streamIdSchema }),
      headers: z.object(preconditionHeaders),
      body: {
        kind: 'json',
        schema: appendSchema,
        maxBytes: eventLimits.appendBytesMax + APPEND_FRAME_BYTES,
        mediaTypes: ['application/json', STRUCTURED, BATCH],
        transform: fromAppendBody,
        documented: documentedBodies,
      },
    },
    responses: {
      201: {
        description: 'The events are stored',
        schema: appendedSchema,
        headers: {
          ETag: { description: 'The version of the stream', example: '"3"' },
          ...appendHeaders,
        },
      },
    },
    errors: [...APPEND_ERRORS, 'BINARY_DATA_UNSUPPORTED'],
    idempotency: 'receipt',
    async handler({ params, headers, body, caller, idempotency, trace, signal, deadlineAtMs }) {
      const result = await services().events.append(caller.tenant, {
        streamId: params.streamId,
        ...body,
        expected: parsePrecondition(headers),
        idempotency,
        trace,
        signal,
        deadlineAtMs,
      })
      return appended(result)
    },
  })

function appended(result: AppendResult): Reply {
  const { streamId, firstVersion, version, events } = result
  const answer = reply(201, {
    json: { streamId, firstVersion, version, events },
    headers: { ETag: versionTag(version), 'Consistency-Token': result.consistencyToken },
  })
  return result.replayed ? markReplayed(answer) : answer
}
