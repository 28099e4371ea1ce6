import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { parseDurationSeconds } from './duration.ts'

/** Where the queues are described. */
export const queuesFile = fileURLToPath(new URL('../../infra/service-bus/queues.json', import.meta.url))

/** Limits of the service: from the page "Service Bus quotas" of its documentation, and the ranges of the properties. */
const serviceLimits = {
  lockSecondsMin: 5,
  /** Five minutes: a handler that works longer must renew its lock. */
  lockSecondsMax: 300,
  historySecondsMin: 20,
  historySecondsMax: 7 * 86_400,
  /**
   * What Premium and Standard allow. A message that waits for the database to come back is delivered every few minutes,
   * so that ten or a hundred deliveries would not outlast an outage of a day.
   */
  deliveriesMax: 2_000,
} as const

const duration = z
  .string()
  .refine((text) => parseDurationSeconds(text) !== undefined, 'must be a duration like PT5M')

const durationBetween = (minSeconds: number, maxSeconds: number): z.ZodString =>
  duration.refine((text) => {
    const seconds = parseDurationSeconds(text) ?? -1
    return seconds >= minSeconds && seconds <= maxSeconds
  }, `must be between ${minSeconds} s and ${maxSeconds} s`)

/** The identities that infra/modules/service-bus.bicep knows. */
const who = z.array(z.enum(['app', 'worker', 'forwarder', 'operator'])).min(1)

/** What queues and subscriptions of topics have alike. */
const receivedSchema = z.strictObject({
  lockDuration: durationBetween(serviceLimits.lockSecondsMin, serviceLimits.lockSecondsMax),
  maxDeliveryCount: z.int().min(1).max(serviceLimits.deliveriesMax),
  defaultMessageTimeToLive: durationBetween(1, Number.MAX_SAFE_INTEGER),
  requiresSession: z.boolean(),
  deadLetteringOnMessageExpiration: z.boolean(),
})

/** Strict: with a misspelt key the queue in Azure would get the service's default, and nobody would notice it. */
const queueSchema = receivedSchema.extend({
  requiresDuplicateDetection: z.boolean(),
  duplicateDetectionHistoryTimeWindow: durationBetween(
    serviceLimits.historySecondsMin,
    serviceLimits.historySecondsMax,
  ),
  sender: who,
  receiver: who,
})

/** A subscription of a topic. Who receives from it is said by its owner. */
export const subscriptionSchema = receivedSchema

const topicSchema = z.strictObject({
  defaultMessageTimeToLive: durationBetween(1, Number.MAX_SAFE_INTEGER),
  sender: who,
  // The service takes 50 characters for the name of a subscription.
  subscriptions: z.record(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,48}[A-Za-z0-9]$/),
    subscriptionSchema,
  ),
})

/** The names that the service accepts for an entity. It would also accept slashes; they are left out. */
const entityName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,258}[A-Za-z0-9]$/)

export const fileSchema = z.strictObject({
  queues: z.record(entityName, queueSchema),
  topics: z.record(entityName, topicSchema).default({}),
  /** Those that a function receives from. The template asks for them; here they are queues like the others. */
  ofContexts: z.array(z.string()),
})

/** A queue with the values it has in Azure. Durations are ISO 8601. */
export type Queue = Readonly<z.output<typeof queueSchema>> & { readonly name: string }

/** Checks the text of a queues file. Throws an error that names the file, the queue and the setting. */
export function parseQueues(text: string, file: string): readonly Queue[] {
  const { queues } = parseFile(fileSchema, text, file)
  return Object.entries(queues).map(([name, settings]) => ({ name, ...settings }))
}

/** @throws Error that names the file and all that is wrong in it */
export function parseFile<S extends z.ZodType>(schema: S, text: string, file: string): z.output<S> {
  const parsed = schema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  const said = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`${file} can not be used\n  ${said.join('\n  ')}`)
}

/** The queues of infra/service-bus/queues.json. */
export async function readQueues(): Promise<readonly Queue[]> {
  return parseQueues(await readFile(queuesFile, 'utf8'), queuesFile)
}
