import type { z } from 'zod'
import { TrickleError } from '../errors/index.ts'
import type { RunsOn } from '../sides/index.ts'
import type { QueueReceiver, QueueSender, QueueSettings } from './queue-settings.ts'
import type { Queue, TriggerLog } from './triggers.ts'

export interface QueueDefinition<S extends z.ZodType> {
  /** `trickle-{context}`, or `trickle-{context}-...`. */
  readonly name: string
  readonly settings: QueueSettings
  /** Who may put messages into it. */
  readonly senders: readonly QueueSender[]
  /** The identity that receives the messages. Default: worker, which writes for one tenant at a time. */
  readonly receiver?: QueueReceiver
  /** Default: background. */
  readonly runsOn?: RunsOn
  /** Checks each message; one that does not fit is never given to the handler. */
  readonly schema: S
  /**
   * Messages are delivered at least once, so it must do no harm to handle one again. The queue's settings limit the
   * number of attempts.
   * @throws any error: Service Bus then delivers the message again
   */
  readonly handler: (message: z.output<S>, log: TriggerLog) => Promise<void>
}

/** An error names at most this many wrong places of a message. */
const PLACES_MAX = 5

/** Describes a queue and the handler of its messages. */
export function defineQueue<S extends z.ZodType>(definition: QueueDefinition<S>): Queue {
  const { name, settings, senders, receiver = 'worker', runsOn = 'background', schema, handler } = definition
  return {
    name,
    settings,
    senders,
    receiver,
    runsOn,
    isBatch: false,
    isBinary: false,
    needsServiceBus: true,
    async handle(message, log) {
      const parsed = schema.safeParse(message)
      if (parsed.success) return handler(parsed.data, log)
      // The places and never the values: what a tenant sent must not get into a log.
      const places = parsed.error.issues
        .slice(0, PLACES_MAX)
        .map(({ path, message: what }) => `/${path.map(String).join('/')}: ${what}`)
      throw new TrickleError(
        'VALIDATION_FAILED',
        `A message of the queue ${name} has another form. ${places.join('; ')}`,
      )
    },
  }
}
