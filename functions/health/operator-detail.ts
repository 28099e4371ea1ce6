import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import type { ChangedSetting } from '../../shared/postgres/index.ts'
import type { HealthServices } from './services.ts'

/** What an operator sees beside the checks. A part that could not be read in time is null. */
export const detailSchema = z
  .object({
    logins: z
      .array(
        z.object({
          login: z.string(),
          setting: z.string().describe('"*" when database/roles.sql has noted nothing at the login.'),
          expected: z.string().nullable(),
          found: z.string().nullable(),
        }),
      )
      .nullable()
      .describe('Settings of logins that are not as they were made. Running database/roles.sql mends them.'),
    databases: z
      .array(
        z.object({
          login: z.string(),
          isReachable: z.boolean(),
          nextProbeSeconds: z
            .number()
            .describe(
              'How long callers are refused before the server is asked again; 0 while it can be reached.',
            ),
        }),
      )
      .describe('Each login that this instance has used, and whether its server answered when last asked.'),
    log: z
      .object({
        epoch: z.uuid(),
        epochBeganAt: z.string(),
        horizonIsHeld: z.boolean(),
        horizonAgeSeconds: z.number().nullable(),
        eventsBehind: z.int(),
      })
      .nullable(),
    subscriptions: z
      .array(
        z.object({
          name: z.string(),
          state: z.enum(['running', 'paused', 'stopped']),
          error: z.string().nullable(),
          failures: z.int().describe('In a row, of the member with the most.'),
          lagEvents: z.int(),
          lagSeconds: z.number(),
        }),
      )
      .nullable()
      .describe('Those that stopped, or failed at the last attempt.'),
    parkedMessages: z
      .object({
        count: z.int(),
        isLowerBound: z.boolean().describe('True: there are at least so many.'),
        oldestAgeSeconds: z.number().nullable(),
        queues: z.array(
          z.object({ queue: z.string(), count: z.int(), oldestAgeSeconds: z.number().nullable() }),
        ),
      })
      .nullable()
      .describe('Messages of queues that could not be handled and wait for an operator.'),
  })
  .meta({ id: 'ReadinessDetail' })

type Detail = z.output<typeof detailSchema>

export async function detailFor(
  services: HealthServices,
  settings: readonly ChangedSetting[] | null,
  budgetMs: number,
): Promise<Detail> {
  const within = async <T>(work: () => Promise<T>): Promise<T | null> => {
    const late = setTimeout(budgetMs, null, { ref: false })
    return Promise.race([Promise.resolve().then(work), late]).catch(() => null)
  }
  const [log, subscriptions, parkedMessages] = await Promise.all([
    within(() => logDetail(services)),
    within(() => failingSubscriptions(services)),
    within(() => parkedMessagesDetail(services)),
  ])
  const databases = services.reachability().map(({ login, isReachable, nextProbeMs }) => ({
    login,
    isReachable,
    nextProbeSeconds: Math.ceil(nextProbeMs) / 1_000,
  }))
  const logins = settings === null ? null : [...settings]
  return { logins, databases, log, subscriptions, parkedMessages }
}

async function logDetail({ logOperations }: HealthServices): Promise<NonNullable<Detail['log']>> {
  const { epoch, horizon, eventsBehind } = await logOperations.status({ transactionsMax: 0 })
  return {
    epoch: epoch.epoch,
    epochBeganAt: epoch.beganAt,
    horizonIsHeld: horizon.isHeld,
    horizonAgeSeconds: horizon.ageSeconds,
    eventsBehind: eventsBehind.count,
  }
}

async function failingSubscriptions(services: HealthServices): Promise<NonNullable<Detail['subscriptions']>> {
  const all = await services.subscriptionOperations.list()
  return all
    .map(({ name, state, error, members, lagEvents, lagSeconds }) => ({
      name,
      state,
      error: error ?? members.find((member) => member.error !== null)?.error ?? null,
      failures: Math.max(0, ...members.map((member) => member.failures)),
      lagEvents,
      lagSeconds,
    }))
    .filter(({ state, failures }) => state === 'stopped' || failures > 0)
}

async function parkedMessagesDetail({
  parkedMessages,
  clock,
}: HealthServices): Promise<NonNullable<Detail['parkedMessages']>> {
  const { messages, isLowerBound, oldestAt, queues } = await parkedMessages.open()
  const ageOf = (since: string | null): number | null =>
    since === null ? null : Math.max(0, (clock.nowMs() - Date.parse(since)) / 1_000)
  return {
    count: messages,
    isLowerBound,
    oldestAgeSeconds: ageOf(oldestAt),
    queues: queues.map((one) => ({
      queue: one.queue,
      count: one.messages,
      oldestAgeSeconds: ageOf(one.oldestAt),
    })),
  }
}
