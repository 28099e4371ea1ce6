import { z } from 'zod'
import { eventLimits } from '../../shared/event-store/index.ts'
import { eventSchema, identifier, streamIdSchema, TOO_MANY_EVENTS_MESSAGE } from './schemas.ts'

const namesSchema = z
  .array(
    z
      .strictObject({
        set: identifier('set').meta({ description: 'What kind of name it is.', example: 'account-email' }),
        value: identifier('value').meta({
          description: 'The name, in one form: it is compared byte by byte.',
          example: 'ada@example.com',
        }),
      })
      .meta({ id: 'ReservedName' }),
  )
  .min(1, 'must not be empty; leave it out')
  .max(
    eventLimits.appendNamesMax,
    `An append reserves and releases at most ${eventLimits.appendNamesMax} names`,
  )

/** What an append writes to one stream, whether the path or the body names the stream. */
const writeMembers = {
  events: z
    .array(eventSchema)
    .min(1, 'An append has at least one event')
    .max(eventLimits.appendEventsMax, TOO_MANY_EVENTS_MESSAGE),
  streamType: identifier('streamType')
    .optional()
    .describe('Set by the first append; another one is refused later.'),
  reservations: namesSchema
    .optional()
    .describe('Names that the stream holds from then on; 409 when another stream of the tenant holds one.'),
  releases: namesSchema.optional().describe('Names that the stream gives up, before any is reserved.'),
}

interface IdentifiedEvent {
  readonly id?: string | undefined
  readonly source?: string | undefined
}

/** Reports every event whose id and source an earlier event of the same append has. */
function findTwins(
  events: readonly (readonly [IdentifiedEvent, readonly (string | number)[]])[],
  context: z.RefinementCtx,
): void {
  const seen = new Set<string>()
  for (const [{ id, source }, path] of events) {
    if (id === undefined) continue
    const key = JSON.stringify([source ?? '', id])
    if (seen.has(key)) {
      const message = 'is the id of two events of this append'
      context.addIssue({ code: 'custom', path: [...path, 'id'], message })
    }
    seen.add(key)
  }
}

/** Every form of a body is brought into this one (`fromAppendBody`). */
export const appendSchema = z
  .strictObject(writeMembers)
  .superRefine(({ events }, context) => {
    findTwins(
      events.map((event, index) => [event, ['events', index]]),
      context,
    )
  })
  .meta({ id: 'NewEvents' })

const expectedSchema = z.union([z.enum(['any', 'none', 'exists']), z.int().min(0)]).meta({
  description:
    'The version that the stream must have; `none`: it must not exist, `exists`: it must, `any`: whatever.',
  example: 5,
})

export const appendAllSchema = z
  .strictObject({
    streams: z
      .array(
        z
          .strictObject({
            streamId: streamIdSchema,
            expected: expectedSchema.default('any'),
            ...writeMembers,
          })
          .meta({ id: 'StreamWrite' }),
      )
      .min(1, 'An append has at least one stream')
      .max(eventLimits.appendStreamsMax),
    conditions: z
      .array(
        z
          .strictObject({ streamId: streamIdSchema, expected: expectedSchema })
          .meta({ id: 'StreamCondition' }),
      )
      .max(eventLimits.appendStreamsMax)
      .optional()
      .describe('What must hold of streams that are not written.'),
  })
  .superRefine(({ streams, conditions = [] }, context) => {
    findTwins(
      streams.flatMap(({ events }, stream) =>
        events.map((event, index) => [event, ['streams', stream, 'events', index]] as const),
      ),
      context,
    )
    const places = [
      ...streams.map(({ streamId }, index) => [streamId, ['streams', index, 'streamId']] as const),
      ...conditions.map(({ streamId }, index) => [streamId, ['conditions', index, 'streamId']] as const),
    ]
    for (const [index, [streamId, path]] of places.entries()) {
      if (places.findIndex(([other]) => other === streamId) === index) continue
      context.addIssue({ code: 'custom', path: [...path], message: 'stands in this append twice' })
    }
  })
  .meta({ id: 'AppendsBody' })

export const appendedSchema = z
  .object({
    streamId: z.string(),
    firstVersion: z.int(),
    version: z.int(),
    events: z.array(z.object({ id: z.string(), version: z.int() })),
  })
  .meta({ id: 'Appended' })

export const appendedAllSchema = z.object({ streams: z.array(appendedSchema) }).meta({ id: 'AppendedAll' })
