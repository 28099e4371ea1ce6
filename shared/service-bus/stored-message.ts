import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { BodyKind, StoredMessage } from './messages.ts'

/** What is used of a received message, in our own words. Absent members stay absent. */
export function storedMessageOf(message: ServiceBusReceivedMessage): StoredMessage {
  const bodyKind: BodyKind = message._rawAmqpMessage.bodyType ?? 'data'
  return {
    body: bytesOf(message.body),
    bodyKind,
    properties: { ...message.applicationProperties },
    sequenceNumber: BigInt(message.sequenceNumber?.toString() ?? 0),
    enqueuedAt: message.enqueuedTimeUtc ?? new Date(0),
    deliveryCount: message.deliveryCount ?? 0,
    ...given('contentType', message.contentType),
    ...given('messageId', message.messageId === undefined ? undefined : String(message.messageId)),
    ...given('sessionId', message.sessionId),
    ...given(
      'correlationId',
      message.correlationId === undefined ? undefined : String(message.correlationId),
    ),
    ...given('subject', message.subject),
    ...given('timeToLiveMs', message.timeToLive),
    ...given('deadLetterReason', message.deadLetterReason),
    ...given('deadLetterDescription', message.deadLetterErrorDescription),
  }
}

const given = <Name extends string, Value>(
  name: Name,
  value: Value | undefined | null,
): { readonly [Key in Name]?: Value } => {
  // This cast is safe: the only member has the name and the value that were given.
  return (value === undefined || value === null ? {} : { [name]: value }) as {
    readonly [Key in Name]?: Value
  }
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? null))
}
