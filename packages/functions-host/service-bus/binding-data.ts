/**
 * What a function sees in `context.triggerMetadata`, before the library lowers the first letter of each name.
 *
 * Sources: azure-sdk-for-net, ServiceBusTriggerBindingStrategy.cs; azure-functions-host, Utility.cs (ApplyBindingData),
 * GrpcMessageConversionExtensions.cs. The objects of .NET that stand there too (messageReceiver, client, ...) are left
 * out: in Node they are of no use.
 */
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { CoreLong, TypedData } from '../core-api.ts'
import { castText, dateTimeOffsetText, dateTimeText } from './net-text.ts'

export type BindingData = Record<string, TypedData>

type Text = string | number | Buffer | undefined

type Field =
  | {
      readonly name: string
      readonly kind: 'text'
      readonly read: (message: ServiceBusReceivedMessage) => Text
    }
  /** A number of 64 bits, in decimal. */
  | {
      readonly name: string
      readonly kind: 'long'
      readonly read: (message: ServiceBusReceivedMessage) => string
    }
  | {
      readonly name: string
      readonly kind: 'json'
      readonly read: (message: ServiceBusReceivedMessage) => unknown
    }

/** The deliveries that failed, plus this one: .NET counts from 1, JavaScript from 0. */
const deliveryCountOf = ({ deliveryCount }: ServiceBusReceivedMessage): number => (deliveryCount ?? 0) + 1

const partitionKeyOf = ({ partitionKey }: ServiceBusReceivedMessage): Text => partitionKey

const fields: readonly Field[] = [
  { name: 'DeliveryCount', kind: 'json', read: deliveryCountOf },
  { name: 'DeadLetterSource', kind: 'text', read: (message) => message.deadLetterSource },
  { name: 'LockToken', kind: 'text', read: (message) => message.lockToken },
  { name: 'ExpiresAtUtc', kind: 'json', read: (message) => dateTimeText(message.expiresAtUtc) },
  { name: 'ExpiresAt', kind: 'json', read: (message) => dateTimeOffsetText(message.expiresAtUtc) },
  { name: 'EnqueuedTimeUtc', kind: 'json', read: (message) => dateTimeText(message.enqueuedTimeUtc) },
  { name: 'EnqueuedTime', kind: 'json', read: (message) => dateTimeOffsetText(message.enqueuedTimeUtc) },
  { name: 'MessageId', kind: 'text', read: (message) => message.messageId },
  { name: 'ContentType', kind: 'text', read: (message) => message.contentType },
  { name: 'ReplyTo', kind: 'text', read: (message) => message.replyTo },
  { name: 'SequenceNumber', kind: 'long', read: (message) => String(message.sequenceNumber ?? -1) },
  { name: 'To', kind: 'text', read: (message) => message.to },
  { name: 'Subject', kind: 'text', read: (message) => message.subject },
  { name: 'Label', kind: 'text', read: (message) => message.subject },
  { name: 'CorrelationId', kind: 'text', read: (message) => message.correlationId },
  { name: 'ApplicationProperties', kind: 'json', read: (message) => message.applicationProperties ?? {} },
  { name: 'UserProperties', kind: 'json', read: (message) => message.applicationProperties ?? {} },
  { name: 'SessionId', kind: 'text', read: (message) => message.sessionId },
  { name: 'ReplyToSessionId', kind: 'text', read: (message) => message.replyToSessionId },
  { name: 'PartitionKey', kind: 'text', read: partitionKeyOf },
  // The SDK of JavaScript does not tell it. A batch has the partition keys here: a slip of the extension.
  { name: 'TransactionPartitionKey', kind: 'text', read: () => undefined },
]

/** For one message. What it doesn't have is left out. */
export function bindingDataOf(message: ServiceBusReceivedMessage): BindingData {
  const data: BindingData = {}
  for (const field of fields) {
    if (field.kind === 'text') {
      const text = textOf(field.read(message))
      if (text !== undefined) data[field.name] = { string: text }
    } else {
      const value = field.read(message)
      data[field.name] = { json: field.kind === 'long' ? String(value) : JSON.stringify(value) }
    }
  }
  return data
}

/**
 * For a batch: arrays, whose names end in `Array`. Arrays of text leave out what is null or empty, so that they may be
 * shorter than the batch and can't be matched by index.
 */
export function bindingDataOfBatch(messages: readonly ServiceBusReceivedMessage[]): BindingData {
  return Object.fromEntries(fields.map((field) => [`${field.name}Array`, arrayOf(field, messages)]))
}

function arrayOf(field: Field, messages: readonly ServiceBusReceivedMessage[]): TypedData {
  switch (field.kind) {
    case 'text': {
      const read = field.name === 'TransactionPartitionKey' ? partitionKeyOf : field.read
      const texts = messages.map((message) => textOf(read(message)) ?? '')
      return { collectionString: { string: texts.filter((text) => text !== '') } }
    }
    case 'long':
      return { collectionSint64: { sint64: messages.map((message) => toLong(field.read(message))) } }
    case 'json':
      return { json: JSON.stringify(messages.map((message) => field.read(message))) }
  }
}

function textOf(value: Text): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value)
}

/** As the worker's protocol gives a number of 64 bits in a list: an object, and no number. */
function toLong(decimal: string): CoreLong {
  const bits = BigInt(decimal)
  return {
    low: Number(BigInt.asIntN(32, bits)),
    high: Number(BigInt.asIntN(32, bits >> 32n)),
    unsigned: false,
  }
}

/**
 * Adds the top-level members of a body that is a JSON object, for one message that is given as text. They replace what the
 * service says of the message, whatever their case: a producer who writes "messageId" into a body hides the real one.
 */
export function withBodyMembers(data: BindingData, body: string): BindingData {
  const trimmed = body.trim()
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return data
  let members: Record<string, unknown>
  try {
    members = JSON.parse(trimmed) as Record<string, unknown>
  } catch {
    return data
  }
  const names = new Map(Object.keys(data).map((name) => [name.toLowerCase(), name]))
  const merged = { ...data }
  for (const [name, value] of Object.entries(members)) {
    if (value === null || Array.isArray(value)) continue
    const key = names.get(name.toLowerCase()) ?? name
    names.set(name.toLowerCase(), key)
    merged[key] =
      typeof value === 'object'
        ? { json: JSON.stringify(value) }
        : { string: castText(value as string | number | boolean) }
  }
  return merged
}
