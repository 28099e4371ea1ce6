import { integer, list, long, map, section, symbol, text, timestamp, unsigned } from './amqp-encoding.ts'
import { textOf } from './amqp-values.ts'
import { SECTION_ANNOTATIONS, SECTION_APPLICATION_PROPERTIES, SECTION_HEADER } from './content.ts'
import type { MessageContent } from './content.ts'

/** What the broker says about a message beside what its sender said. Times are milliseconds since 1970. */
export interface DeliveryFacts {
  readonly sequenceNumber: number
  /** Deliveries that have failed so far. The SDK of .NET shows one more. */
  readonly deliveryCount: number
  readonly enqueuedAt: number
  readonly expiresAt: number
  /** Absent for a message that is looked at and not received. */
  readonly lockedUntil?: number
  /** The queue that a dead letter comes from. */
  readonly deadLetterSource?: string
}

const UINT_MAX = 0xff_ff_ff_ff

const TRUE = Buffer.of(0x41)
const FALSE = Buffer.of(0x42)
const NONE = Buffer.of(0x40)

/** The annotations of the broker, encoded. */
const names = {
  sequenceNumber: symbol('x-opt-sequence-number'),
  enqueueSequenceNumber: symbol('x-opt-enqueue-sequence-number'),
  enqueuedTime: symbol('x-opt-enqueued-time'),
  lockedUntil: symbol('x-opt-locked-until'),
  state: symbol('x-opt-message-state'),
  deadLetterSource: symbol('x-opt-deadletter-source'),
}

/** The state "active". Deferred and scheduled messages are not supported. */
const active = integer(0)

/**
 * The bytes of a message as a receiver gets it: header and annotations of the broker, the rest as the sender sent it.
 * The names are those of Azure's page "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide".
 */
export function deliveredMessage(content: MessageContent, facts: DeliveryFacts): Buffer {
  return Buffer.concat([header(facts), annotations(content, facts), ...rest(content), content.body])
}

/** The same without its body, for a client that looks at many. An empty body takes its place, since there must be one. */
export function bodilessMessage(content: MessageContent, facts: DeliveryFacts): Buffer {
  const emptyData = section(0x75, Buffer.of(0xa0, 0x00))
  return Buffer.concat([header(facts), annotations(content, facts), ...rest(content), emptyData])
}

function header({ deliveryCount, enqueuedAt, expiresAt }: DeliveryFacts): Buffer {
  const timeToLiveMs = Math.min(Math.max(0, expiresAt - enqueuedAt), UINT_MAX)
  // Durable, no priority, time to live, not the first acquirer, delivery count.
  return section(SECTION_HEADER, list([TRUE, NONE, unsigned(timeToLiveMs), FALSE, unsigned(deliveryCount)]))
}

function annotations(content: MessageContent, facts: DeliveryFacts): Buffer {
  const ours = [
    names.sequenceNumber,
    long(facts.sequenceNumber),
    names.enqueueSequenceNumber,
    long(facts.sequenceNumber),
    names.enqueuedTime,
    timestamp(facts.enqueuedAt),
    names.state,
    active,
  ]
  if (facts.lockedUntil !== undefined) ours.push(names.lockedUntil, timestamp(facts.lockedUntil))
  if (facts.deadLetterSource !== undefined) ours.push(names.deadLetterSource, text(facts.deadLetterSource))
  return section(SECTION_ANNOTATIONS, map([...ours, ...sendersAnnotations(content)]))
}

/** What senders may set themselves, such as the partition key. The names that the broker sets are not theirs. */
function sendersAnnotations({ annotations }: MessageContent): Buffer[] {
  const kept: Buffer[] = []
  for (let index = 0; index + 1 < annotations.length; index += 2) {
    const [key, value] = annotations.slice(index, index + 2)
    if (key !== undefined && value !== undefined && !ofBroker.has(textOf(key))) kept.push(key, value)
  }
  return kept
}

const ofBroker = new Set(Object.values(names).map((name) => textOf(name)))

function rest({ properties, applicationProperties }: MessageContent): Buffer[] {
  if (applicationProperties.length === 0) return [properties]
  return [properties, section(SECTION_APPLICATION_PROPERTIES, map(applicationProperties))]
}
