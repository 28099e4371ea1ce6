import { z } from 'zod'
import { eventLimits } from '../event-store/index.ts'
import type { Expectation } from '../event-store/index.ts'
import { eventSchema, identifier, TOO_MANY_EVENTS_MESSAGE } from './event-schema.ts'

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

/** What an append writes to one stream, whoever names the stream: a path, a body, a message. */
export const writeMembers = {
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

export const expectedSchema = z.union([z.enum(['any', 'none', 'exists']), z.int().min(0)]).meta({
  description:
    'The version that the stream must have; `none`: it must not exist, `exists`: it must, `any`: whatever.',
  example: 5,
})

/** Version 0 is that of a stream which does not exist. */
export function expectationOf(expected: z.output<typeof expectedSchema>): Expectation {
  if (expected === 0) return { mode: 'none' }
  return typeof expected === 'number' ? { mode: 'version', version: expected } : { mode: expected }
}

interface IdentifiedEvent {
  readonly id?: string | undefined
  readonly source?: string | undefined
}

/** Reports every event whose id and source an earlier event of the same append has. */
export function findTwins(
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
