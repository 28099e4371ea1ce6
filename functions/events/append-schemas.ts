import { z } from 'zod'
import { expectedSchema, findTwins, streamIdSchema, writeMembers } from '../../shared/event-form/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'

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
