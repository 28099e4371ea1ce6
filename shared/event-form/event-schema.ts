import { z } from 'zod'
import { eventLimits, isStreamId } from '../event-store/index.ts'
import { timeSchema } from '../http/index.ts'
import { isTooLong, TOO_LARGE_MESSAGE } from './event-size.ts'

export const TOO_MANY_EVENTS_MESSAGE = `An append has at most ${eventLimits.appendEventsMax} events`

export const identifier = (what: string): z.ZodString =>
  z
    .string()
    .min(1, `${what} must not be empty`)
    .max(
      eventLimits.identifierCharactersMax,
      `${what} may have ${eventLimits.identifierCharactersMax} characters at most`,
    )

export const streamIdSchema = z
  .string()
  .refine(isStreamId, {
    error: 'A stream id has 1 to 255 of A-Z, a-z, 0-9 and . _ : ~ - and is not "." or ".."',
    params: { errorCode: 'INVALID_STREAM_ID' },
  })
  .meta({
    description: 'The stream, for example `order-17`.',
    example: 'order-17',
    pattern: '^[A-Za-z0-9._:~-]{1,255}$',
  })

const isJsonObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isOfEventSize = (value: unknown): boolean => !isTooLong(value)
const tooLarge = { error: TOO_LARGE_MESSAGE, params: { errorCode: 'EVENT_TOO_LARGE' } }

/** Kept as it came, so that no member is lost on the way, `__proto__` included. */
const metadataSchema = z
  .custom<Readonly<Record<string, unknown>>>(isJsonObject, 'must be a JSON object')
  .meta({
    type: 'object',
    description: 'What surrounds the event: who, by which device. Any JSON object.',
    example: { user: 'ada' },
  })

export const eventSchema = z
  .strictObject({
    id: identifier('id')
      .optional()
      .describe('Unique within tenant and source; sending it again is safe. Made by the server when absent.'),
    source: z
      .string()
      .max(eventLimits.identifierCharactersMax)
      .optional()
      .describe('Where the event comes from, as in CloudEvents.'),
    type: identifier('type').meta({ description: 'What happened.', example: 'OrderPlaced' }),
    time: timeSchema
      .optional()
      .describe(
        'When it happened. It is kept in UTC to the microsecond; finer digits are cut off. The time of recording when absent.',
      ),
    data: z
      .unknown()
      .refine((value) => value !== undefined, 'is required (it may be null)')
      .refine(isOfEventSize, tooLarge)
      .meta({
        description:
          'Any JSON value. Numbers keep their exact value or are refused. Data and metadata have 1 MiB at most as they are read: numbers written out, a space after each : and ,.',
        example: { amount: 12.5 },
      }),
    metadata: metadataSchema.optional().refine(isOfEventSize, tooLarge),
    schemaVersion: z
      .int()
      .min(1)
      .max(32_767)
      .optional()
      .describe('Version of the form that this type of event has; 1 when absent.'),
    correlationId: identifier('correlationId').optional(),
    causationId: identifier('causationId').optional(),
  })
  .meta({ id: 'NewEvent' })
