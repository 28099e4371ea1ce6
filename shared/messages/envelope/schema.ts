import { z } from 'zod'
import {
  eventSchema,
  expectedSchema,
  findTwins,
  identifier,
  streamIdSchema,
  writeMembers,
} from '../../event-form/index.ts'
import { readClientTrace } from '../../http/index.ts'

const TENANT_CHARACTERS_MAX = 200

export const tenantSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(TENANT_CHARACTERS_MAX, `has at most ${TENANT_CHARACTERS_MAX} characters`)
  .describe("The tenant's id, slug or external id.")

const traceparentSchema = z
  .string()
  .refine((text) => traceOf(text) !== null, 'must be a traceparent of W3C Trace Context')

const { events, streamType, reservations, releases } = writeMembers

const addressed = {
  tenant: tenantSchema,
  id: identifier('id').describe('Unique within the tenant; sending it again with the same content is safe.'),
  traceparent: traceparentSchema.optional(),
  expected: expectedSchema.default('any'),
  streamType,
  reservations,
  releases,
}

/** One event, or one command. */
export const singleSchema = eventSchema
  .extend({ ...addressed, streamId: streamIdSchema.optional() })
  .meta({ id: 'MessageEnvelope' })

/** Several events of one stream, all or none. */
export const listSchema = z
  .strictObject({ ...addressed, streamId: streamIdSchema, events })
  .superRefine((list, context) => {
    findTwins(
      list.events.map((event, index) => [event, ['events', index]]),
      context,
    )
  })
  .meta({ id: 'MessageEnvelopeOfSeveral' })

export const traceOf = (traceparent: string | null): ReturnType<typeof readClientTrace> =>
  readClientTrace({ get: (name) => (name === 'traceparent' ? traceparent : null) })
