/** The real SDK. Each call may hang after a lost connection; ServiceBus ends it and makes a new client. */
import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity'
import { ServiceBusClient } from '@azure/service-bus'
import type {
  PeekMessagesOptions,
  ServiceBusMessage,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusSender,
} from '@azure/service-bus'
import Long from 'long'
import type { ConnectionFacts } from './connection.ts'
import { storedMessageOf } from './stored-message.ts'
import type { OutgoingMessage, PeekOptions, QueuePlace, StoredMessage } from './messages.ts'

export interface BusClient {
  send(queue: string, messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>
  peek(place: QueuePlace, options: PeekOptions, signal: AbortSignal): Promise<readonly StoredMessage[]>
  receiver(place: QueuePlace): BusReceiver
  close(): Promise<void>
}

export interface BusReceiver {
  receive(messagesMax: number, waitMs: number, signal: AbortSignal): Promise<readonly StoredMessage[]>
  complete(message: StoredMessage): Promise<void>
  abandon(message: StoredMessage): Promise<void>
  close(): Promise<void>
}

/** @param timeoutMs the SDK's own limit for each of its steps. It never tries again: who calls it does, with a new client. */
export function createBusClient(connection: ConnectionFacts, timeoutMs: number): BusClient {
  const retryOptions = { maxRetries: 0, timeoutInMs: timeoutMs }
  const client =
    'connectionString' in connection
      ? new ServiceBusClient(connection.connectionString, { retryOptions })
      : new ServiceBusClient(connection.namespace, credentialOf(connection.clientId), { retryOptions })
  const senders = new Map<string, ServiceBusSender>()
  const senderOf = (queue: string): ServiceBusSender => {
    const sender = senders.get(queue) ?? client.createSender(queue)
    senders.set(queue, sender)
    return sender
  }
  return {
    async send(queue, messages, signal) {
      await senderOf(queue).sendMessages(messages.map(sdkMessageOf), { abortSignal: signal })
    },
    async peek(place, { from = 1n, messagesMax, withoutBody = false }, signal) {
      const receiver = receiverOf(client, place)
      // The SDK takes omitMessageBody and hands it to the service, but leaves it out of its types.
      const options: PeekMessagesOptions & { readonly omitMessageBody: boolean } = {
        fromSequenceNumber: Long.fromString(String(from)),
        omitMessageBody: withoutBody,
        abortSignal: signal,
      }
      try {
        const found = await receiver.peekMessages(messagesMax, options)
        return found.map(storedMessageOf)
      } finally {
        // Not waited for: closing takes a minute where the connection is lost.
        void receiver.close().catch(() => undefined)
      }
    },
    receiver: (place) => busReceiverOf(receiverOf(client, place)),
    close: () => client.close(),
  }
}

const credentialOf = (clientId: string | undefined) =>
  clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId })

/** Locks are not renewed: the queue's lock is long, and who takes messages is quick. */
const receiverOf = (client: ServiceBusClient, { queue, isDeadLetter }: QueuePlace): ServiceBusReceiver =>
  client.createReceiver(queue, {
    ...(isDeadLetter ? { subQueueType: 'deadLetter' } : {}),
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: 0,
  })

function busReceiverOf(receiver: ServiceBusReceiver): BusReceiver {
  const locked = new WeakMap<StoredMessage, ServiceBusReceivedMessage>()
  const lockedOf = (message: StoredMessage): ServiceBusReceivedMessage => {
    const found = locked.get(message)
    if (found === undefined) throw new Error('only a message that was received here can be settled here')
    return found
  }
  return {
    async receive(messagesMax, waitMs, signal) {
      const received = await receiver.receiveMessages(messagesMax, {
        maxWaitTimeInMs: waitMs,
        abortSignal: signal,
      })
      return received.map((message) => {
        const stored = storedMessageOf(message)
        locked.set(stored, message)
        return stored
      })
    },
    complete: (message) => receiver.completeMessage(lockedOf(message)),
    abandon: (message) => receiver.abandonMessage(lockedOf(message)),
    close: () => receiver.close(),
  }
}

const sdkMessageOf = ({ body, properties, timeToLiveMs, ...others }: OutgoingMessage): ServiceBusMessage => ({
  ...others,
  // The SDK sends a Buffer as it is, and anything else as JSON.
  body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  ...(properties === undefined ? {} : { applicationProperties: { ...properties } }),
  ...(timeToLiveMs === undefined ? {} : { timeToLive: timeToLiveMs }),
})
