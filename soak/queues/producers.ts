import { ServiceBusClient } from '@azure/service-bus'
import type { ServiceBusMessage } from '@azure/service-bus'
import { setTimeout as delay } from 'node:timers/promises'
import type { PlannedMessage } from './plan.ts'

/** A sender's batch. Small, so that several go on at a time. */
const BATCH_MESSAGES = 25
/** After this the client is thrown away: the SDK waits up to a minute after an abrupt disconnect. */
const SEND_MS = 5_000
const PAUSE_MS = 200

export interface ProducerCounts {
  sent: number
  /** Sends whose answer was lost, which were repeated. */
  repeated: number
}

/**
 * Sends all messages by several producers. Those of one stream go by one producer, one batch after the other, as a
 * service would send them. A send without an answer is repeated until there is one: so messages come twice.
 */
export async function produce(
  connectionString: string,
  messages: readonly PlannedMessage[],
  producers: number,
  counts: ProducerCounts,
): Promise<void> {
  const shares = Array.from({ length: producers }, (): PlannedMessage[] => [])
  for (const message of messages) shares[shareOf(message, producers)]?.push(message)
  await Promise.all(shares.map((share) => sendAll(connectionString, share, counts)))
}

function shareOf({ sessionId, messageId }: PlannedMessage, producers: number): number {
  let hash = 0
  for (const character of sessionId ?? messageId)
    hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return hash % producers
}

async function sendAll(
  connectionString: string,
  messages: readonly PlannedMessage[],
  counts: ProducerCounts,
): Promise<void> {
  let client = clientOf(connectionString)
  for (const queue of ['trickle-events', 'trickle-events-ordered'] as const) {
    const own = messages.filter((message) => message.queue === queue)
    for (let start = 0; start < own.length; start += BATCH_MESSAGES) {
      const batch = own.slice(start, start + BATCH_MESSAGES).map(messageOf)
      for (;;) {
        try {
          const sending = client
            .createSender(queue)
            .sendMessages(batch, { abortSignal: AbortSignal.timeout(SEND_MS) })
          await sending
          counts.sent += batch.length
          break
        } catch {
          counts.repeated += batch.length
          void client.close().catch(() => undefined)
          await delay(PAUSE_MS)
          client = clientOf(connectionString)
        }
      }
    }
  }
  await Promise.race([client.close().catch(() => undefined), delay(SEND_MS)])
}

const clientOf = (connectionString: string): ServiceBusClient =>
  new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: SEND_MS } })

const messageOf = ({ body, messageId, sessionId }: PlannedMessage): ServiceBusMessage => ({
  body: Buffer.from(body),
  messageId,
  contentType: 'application/json',
  ...(sessionId === undefined ? {} : { sessionId }),
})
