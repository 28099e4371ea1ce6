/** The forms of the answers. Transaction ids and positions are 64 bits wide, so they are strings. */
import { z } from 'zod'
import { nextPageSchema } from '../../shared/http/index.ts'

const runningTransactionSchema = z
  .object({
    xid: z.string(),
    kind: z
      .enum(['appender', 'unproven', 'foreign'])
      .describe(
        'appender: it writes to this log; unproven: nothing shows yet what it is. Both hold the feed.',
      ),
    pid: z.int().nullable().describe('Null for a prepared transaction.'),
    login: z.string().nullable(),
    application: z.string().nullable(),
    database: z.string().nullable(),
    state: z.string().nullable().describe('As pg_stat_activity says it, or `prepared`.'),
    since: z.string().nullable().describe('When the transaction began, or was prepared.'),
    preparedAs: z.string().nullable().describe('The name to commit it or roll it back by.'),
  })
  .meta({ id: 'RunningTransaction' })

export const epochSchema = z
  .object({
    epoch: z.uuid(),
    ordinal: z.int().describe('1 for the first.'),
    beganAt: z.string(),
    reason: z.string(),
    beganXid: z
      .string()
      .describe('With beganPosition: what was read up to here, in earlier epochs, still holds.'),
    beganPosition: z.string(),
  })
  .meta({ id: 'LogEpoch' })

export const sealKeySchema = z
  .object({
    id: z.string(),
    state: z
      .enum(['waiting', 'sealing', 'opening'])
      .describe(
        'waiting: it opens tokens and seals from `sealsFrom` on; sealing: the one that seals; opening: an earlier one.',
      ),
    sealsFrom: z.string(),
    reason: z.string(),
    addedAt: z.string(),
  })
  .meta({ id: 'SealKey' })

export const sealKeysSchema = z.object({ keys: z.array(sealKeySchema) }).meta({ id: 'SealKeys' })

export const horizonSchema = z
  .object({
    xid: z.string(),
    isHeld: z.boolean(),
    ageSeconds: z
      .number()
      .nullable()
      .describe(
        'For how long the first holder runs; 0 when nothing holds the feed, null when that may not be seen.',
      ),
    seesSessions: z
      .boolean()
      .describe(
        'False: the operator login lacks pg_read_all_stats, so `state` and `since` of sessions are null.',
      ),
  })
  .meta({ id: 'LogHorizon' })

export const logStatusSchema = z
  .object({
    lookedAt: z.string(),
    horizon: horizonSchema,
    holders: z.array(runningTransactionSchema).describe('The oldest first, at most 20.'),
    holderCount: z.int(),
    bystanders: z.array(runningTransactionSchema).describe('The oldest first, at most 20.'),
    bystanderCount: z.int(),
    eventsBehind: z.object({
      count: z.int(),
      isLowerBound: z.boolean().describe('Counting stops at 10,000.'),
      oldestRecordedAt: z.string().nullable(),
    }),
    head: z
      .object({ xid: z.string(), position: z.string(), recordedAt: z.string() })
      .nullable()
      .describe('The newest event that can be read.'),
    isAheadOfServer: z
      .boolean()
      .describe(
        'True: the log was moved here by a dump, and events above the horizon of this server can not be read.',
      ),
    epoch: epochSchema,
    earlierEpochs: z.array(epochSchema).describe('The newest first, at most 99.'),
  })
  .meta({ id: 'LogStatus' })

const memberSchema = z
  .object({
    member: z.int(),
    checkpoint: z.object({ xid: z.string(), position: z.string() }),
    leaseUntil: z.string().nullable(),
    failures: z.int().describe('In a row, up to now.'),
    retryAt: z.string().nullable(),
    error: z.string().nullable(),
    lagEvents: z.int(),
    lagSeconds: z.number(),
  })
  .meta({ id: 'SubscriptionMember' })

export const subscriptionSchema = z
  .object({
    name: z.string(),
    state: z.enum(['running', 'paused', 'stopped']),
    error: z.string().nullable(),
    epoch: z.uuid(),
    epochIsCurrent: z.boolean(),
    members: z.array(memberSchema),
    targetMembers: z.int().nullable().describe('While a change of size is under way.'),
    lagEvents: z.int(),
    lagIsLowerBound: z.boolean().describe('Counting stopped at its cap.'),
    lagSeconds: z.number(),
    parkedEvents: z.int(),
    blockedStreams: z.int(),
    laggingTenants: z.int(),
  })
  .meta({ id: 'Subscription' })

export const parkedEventSchema = z
  .object({
    parkedId: z.string(),
    tenantId: z.uuid(),
    streamId: z.string(),
    version: z.int(),
    eventId: z.string(),
    source: z.string(),
    type: z.string(),
    attempts: z.int(),
    error: z.string(),
    state: z
      .enum(['parked', 'waiting', 'replay'])
      .describe(
        'waiting: a later event of a stream that waits for a parked one. replay: the next run handles it.',
      ),
    parkedAt: z.string(),
  })
  .meta({ id: 'ParkedEvent' })

export const replayedSchema = z
  .object({
    replayed: z.int().describe('How many were parked and are marked now.'),
    next: nextPageSchema(z.string().nullable()),
  })
  .meta({ id: 'ReplayedEvents' })

export const operatorActionSchema = z
  .object({
    id: z.string(),
    recordedAt: z.string(),
    action: z.string().describe('The operation as this document names it, such as `suspend-tenant`.'),
    outcome: z.enum(['done', 'begun']).describe('begun: an import, which went on after this row.'),
    issuer: z.string(),
    subject: z.string(),
    application: z.string().nullable().describe('That asked for the token.'),
    tenantId: z.uuid().nullable(),
    target: z.string().nullable().describe('A slug, the name of a subscription, an epoch.'),
    detail: z.string().nullable(),
    traceId: z.string().describe('Leads to the log of the app.'),
  })
  .meta({ id: 'OperatorAction' })

export const subscriptionParams = z.object({
  name: z.string().min(1).max(255).describe('Name of the subscription.'),
})
