/** What the SDK takes and gives as values of properties; a number is an integer or a double. */
export type PropertyValue = string | number | boolean | Date | null

/** data: bytes, as nearly all senders make them. value, sequence: AMQP values, which other clients may send. */
export type BodyKind = 'data' | 'value' | 'sequence'

/** A message as it is sent: the body's bytes are sent as they are. */
export interface OutgoingMessage {
  readonly body: Uint8Array
  readonly contentType?: string
  /** Up to 128 characters. Where the queue removes duplicates, one that was seen is accepted and dropped. */
  readonly messageId?: string
  /** Up to 128 characters; needed in a queue with sessions. */
  readonly sessionId?: string
  readonly correlationId?: string
  readonly subject?: string
  readonly properties?: Readonly<Record<string, PropertyValue>>
  readonly timeToLiveMs?: number
}

/** A message that is in a queue. */
export interface StoredMessage extends OutgoingMessage {
  /** The bytes that were sent; of an AMQP value or sequence its JSON, and of a value that is a text the text itself. */
  readonly body: Buffer
  readonly bodyKind: BodyKind
  readonly properties: Readonly<Record<string, PropertyValue>>
  /** The place of the message in its queue, which it keeps. */
  readonly sequenceNumber: bigint
  readonly enqueuedAt: Date
  /** Deliveries that failed before. */
  readonly deliveryCount: number
  /** In a dead-letter queue: why it is there. */
  readonly deadLetterReason?: string
  readonly deadLetterDescription?: string
}

/** A queue, or its dead-letter queue. */
export interface QueuePlace {
  readonly queue: string
  readonly isDeadLetter: boolean
}

export interface PeekOptions {
  /** Begins with the first message that has this number or a higher one. Default: with the first of all. */
  readonly from?: bigint
  readonly messagesMax: number
  /** For a count: the bodies stay in Service Bus, and are empty here. */
  readonly withoutBody?: boolean
}
