/** The forms of requests and answers. Ids are 64-bit numbers, so they are strings. */
import { z } from 'zod'
import { nextPageSchema, wholeNumber } from '../../shared/http/index.ts'
import { OUTCOMES } from './outcomes.ts'

/** A page of parked messages; the same bound as for pages of events. */
const PAGE_MAX = 1_000
/** What Service Bus gives in one round trip. */
const DEAD_LETTERS_PAGE_MAX = 250
/** Messages of one call that sends or discards, so that it ends within the time of a request. */
export const REPAIRED_MAX = 100

/** The largest body that is kept of a parked message, and more than most queues take. */
const BODY_CHARACTERS_MAX = 9_437_184
/** The same as JSON, in which quotes and line ends take two bytes. */
export const RESUBMIT_BYTES_MAX = 20_971_520

export const queueParam = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,259}$/, { error: 'is no name of a queue' })
  .describe('Name of the queue.')

/** At most 18 digits: 19 may be more than the database, or Service Bus, can hold. */
const idSchema = z.string().regex(/^\d{1,18}$/, { error: 'is no id of a message' })

export const messageParams = z.object({ queue: queueParam, id: idSchema.describe('`id` of the list.') })

const afterSchema = idSchema.optional().describe('`next` of the page before.')
const reasonSchema = z.string().min(1).max(4_096).optional()
const tenantIdSchema = z.uuid().optional()
const WHY_PARKED = 'Only messages with this reason, the code of an error.'
const WHY_DEAD = 'Only dead letters with this reason, such as `MaxDeliveryCountExceeded`.'

export const parkedQuery = z.object({
  after: afterSchema,
  limit: wholeNumber({ min: 1, max: PAGE_MAX }).default(100),
  reason: reasonSchema.describe(WHY_PARKED),
  tenantId: tenantIdSchema.describe('Only messages of this tenant.'),
  state: z
    .enum(['parked', 'resubmitted', 'discarded', 'all'])
    .default('parked')
    .describe('parked: those that wait for a decision.'),
})

export const deadLetterQuery = z.object({
  after: afterSchema,
  limit: wholeNumber({ min: 1, max: DEAD_LETTERS_PAGE_MAX }).default(100),
  reason: reasonSchema.describe(WHY_DEAD),
})

const dryRunSchema = z
  .boolean()
  .default(false)
  .describe('Says what would be done, and why not; changes nothing.')

export const resubmitSchema = z
  .strictObject({
    dryRun: dryRunSchema,
    body: z
      .string()
      .max(BODY_CHARACTERS_MAX)
      .optional()
      .describe(
        'The text to send in place of the body of the message. It is checked before anything is sent.',
      ),
  })
  .meta({ id: 'ResubmittedMessage' })

export const discardSchema = z.strictObject({ dryRun: dryRunSchema }).meta({ id: 'DiscardedMessage' })

const rangeMembers = {
  after: idSchema.optional().describe('`next` of the call before.'),
  limit: z.int().min(1).max(REPAIRED_MAX).default(REPAIRED_MAX),
  dryRun: dryRunSchema,
}

export const parkedRangeSchema = z
  .strictObject({
    ...rangeMembers,
    reason: reasonSchema.describe(WHY_PARKED),
    tenantId: tenantIdSchema.describe('Only messages of this tenant.'),
  })
  .meta({ id: 'ParkedMessageRange' })

export const deadLetterRangeSchema = z
  .strictObject({ ...rangeMembers, reason: reasonSchema.describe(WHY_DEAD) })
  .meta({ id: 'DeadLetterRange' })

const countSchema = z
  .object({ count: z.int(), isLowerBound: z.boolean().describe('True: there are at least so many.') })
  .nullable()
  .describe('Counted up to 1,000. Null where Service Bus could not be asked.')

export const queuesSchema = z
  .object({
    serviceBus: z.enum(['ok', 'unavailable', 'none']).describe('none: there is no Service Bus here.'),
    problem: z.string().nullable().describe('Why Service Bus could not be asked.'),
    queues: z.array(
      z.object({
        name: z.string(),
        hasSessions: z.boolean(),
        messages: countSchema.describe(
          'Those that wait, are being worked on, or are scheduled; counted up to 1,000. Null where Service Bus could not be asked.',
        ),
        deadLetters: countSchema,
        parked: z.object({
          count: z.int(),
          isLowerBound: z.boolean().describe('True: there are at least so many.'),
          oldestAt: z.string().nullable(),
          oldestAgeSeconds: z.number().nullable(),
        }),
      }),
    ),
  })
  .meta({ id: 'Queues' })

const messageMembers = {
  id: z.string(),
  queue: z.string(),
  messageId: z.string().nullable(),
  sessionId: z.string().nullable(),
  reason: z.string().nullable().describe('Why it is here.'),
  detail: z.string().nullable(),
  attempts: z.int(),
  contentType: z.string().nullable(),
  enqueuedAt: z.string().nullable(),
}

const parkedMembers = {
  ...messageMembers,
  tenantId: z.uuid().nullable(),
  bodyBytes: z.int(),
  parkedAt: z.string(),
  state: z.enum(['parked', 'resubmitted', 'discarded']),
  resubmissions: z.int().describe('How often an operator has sent it again.'),
  decidedAt: z.string().nullable(),
  decidedBy: z.string().nullable(),
}

const contentMembers = {
  properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  body: z.string(),
  bodyEncoding: z.enum(['utf-8', 'base64']).describe('base64 where the body is no text.'),
  isCut: z.boolean().describe('True: only the beginning of the body was kept.'),
  problems: z.array(z.string()).describe('What would make it be parked at once if it were sent as it is.'),
}

export const parkedMessageSchema = z.object(parkedMembers).meta({ id: 'ParkedMessage' })
export const deadLetterSchema = z.object(messageMembers).meta({ id: 'DeadLetter' })
export const shownParkedSchema = z
  .object({ ...parkedMembers, ...contentMembers })
  .meta({ id: 'ShownParkedMessage' })
export const shownDeadLetterSchema = z
  .object({ ...messageMembers, ...contentMembers })
  .meta({ id: 'ShownDeadLetter' })

export const parkedPageSchema = z
  .object({ messages: z.array(parkedMessageSchema), next: nextPageSchema(z.string().nullable()) })
  .meta({ id: 'ParkedMessages' })
export const deadLetterPageSchema = z
  .object({ messages: z.array(deadLetterSchema), next: nextPageSchema(z.string().nullable()) })
  .meta({ id: 'DeadLetters' })

export const repairedSchema = z
  .object({
    dryRun: z.boolean(),
    messages: z.array(
      z.object({
        id: z.string(),
        messageId: z.string().nullable(),
        sessionId: z.string().nullable(),
        outcome: z
          .enum(OUTCOMES)
          .describe(
            'sent, discarded: it is done. would-be-…: a dry run. refused: it can not be sent as it is. decided: somebody decided before, and nothing was done now. parked-again: it was parked once more meanwhile and waits for another decision. stays: it was sent, and is in the dead-letter queue still. unreached: others lie before it, or somebody else holds its lock.',
          ),
        problems: z.array(z.string()),
      }),
    ),
    next: nextPageSchema(z.string().nullable()),
  })
  .meta({ id: 'RepairedMessages' })
