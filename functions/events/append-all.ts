import { expectationOf } from '../../shared/event-form/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import { defineRouteFor, markReplayed, reply } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { APPEND_ERRORS, APPEND_FRAME_BYTES, appendHeaders } from './append.ts'
import { fromAppendAllBody } from './append-body.ts'
import { appendAllSchema, appendedAllSchema } from './append-schemas.ts'
import type { EventServices } from './services.ts'

export const appendAllRoute = (services: () => EventServices) =>
  defineRouteFor<TenantContext>()({
    name: 'append-to-streams',
    method: 'POST',
    path: '/api/appends',
    summary: 'Append events to several streams',
    description:
      'Writes events to several streams of the tenant, all or none, when every `expected` holds, also those of streams that are not ' +
      'written (`conditions`). `reservations` keep a name for one stream of the tenant, `releases` give it up. ' +
      'Sending the same event ids or the same Idempotency-Key again answers with the first result.',
    tags: ['Events'],
    access: { kind: 'tenant', roles: ['writer', 'admin'] },
    request: {
      body: {
        kind: 'json',
        schema: appendAllSchema,
        transform: fromAppendAllBody,
        maxBytes: eventLimits.appendBytesMax + APPEND_FRAME_BYTES,
        example: {
          streams: [
            {
              streamId: 'account-17',
              expected: 'none',
              events: [{ type: 'AccountOpened', data: { email: 'ada@example.com' } }],
              reservations: [{ set: 'account-email', value: 'ada@example.com' }],
            },
            { streamId: 'ledger-2026', events: [{ type: 'AccountCounted', data: null }] },
          ],
          conditions: [{ streamId: 'account-17-closed', expected: 'none' }],
        },
      },
    },
    responses: {
      201: { description: 'The events are stored', schema: appendedAllSchema, headers: appendHeaders },
    },
    errors: APPEND_ERRORS,
    idempotency: 'receipt',
    async handler({ body, caller, idempotency, trace, signal, deadlineAtMs }) {
      const { streams, ...result } = await services().events.appendAll(caller.tenant, {
        streams: body.streams.map((stream) => ({ ...stream, expected: expectationOf(stream.expected) })),
        conditions: body.conditions?.map(({ streamId, expected }) => ({
          streamId,
          expected: expectationOf(expected),
        })),
        idempotency,
        trace,
        signal,
        deadlineAtMs,
      })
      const answer = reply(201, {
        json: { streams },
        headers: { 'Consistency-Token': result.consistencyToken },
      })
      return result.replayed ? markReplayed(answer) : answer
    },
  })
