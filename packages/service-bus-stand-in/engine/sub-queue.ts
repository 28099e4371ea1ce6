import { BrokerFailure } from '../failure.ts'
import { DEAD_LETTER_TEXT_LENGTH_MAX } from '../limits.ts'
import { withApplicationProperties } from '../message/index.ts'
import type { DeliveryFacts } from '../message/index.ts'
import { PlainDelivery } from './plain-delivery.ts'
import type { DeliveryEvents } from './receiver.ts'
import { SessionDelivery } from './session-delivery.ts'
import type { Now } from './settings.ts'
import type { MessageJournal, StoredMessage } from './stored-message.ts'

export type Properties = Readonly<Record<string, unknown>>

export interface DeadLetterReason {
  readonly reason: string | undefined
  readonly description: string | undefined
  readonly properties: Properties
}

export interface SubQueueOptions {
  /** What clients attach to: the queue's name, or that with /$DeadLetterQueue. */
  readonly address: string
  readonly lockDurationMs: number
  readonly requiresSession: boolean
  readonly now: Now
  readonly journal: MessageJournal
  /** Undefined in the dead-letter queue: a message stays there until somebody completes it. */
  readonly onDeadLetter: ((message: StoredMessage, why: DeadLetterReason) => Promise<void>) | undefined
  readonly maxDeliveryCount: number
  /** Called with how many bytes more a message has, or how many less: all of them when it leaves the broker. */
  readonly onResized: (bytes: number) => void
  /** Called for a message whose time is over, before it would be given to a receiver. */
  readonly onExpired: (message: StoredMessage) => void
}

/** The messages of a queue, or those of its dead-letter queue, with their settlement. */
export class SubQueue {
  readonly address: string
  readonly delivery: PlainDelivery | SessionDelivery
  /** In the order of sequence numbers, except in a dead-letter queue. */
  readonly messages = new Map<number, StoredMessage>()
  readonly #options: SubQueueOptions

  constructor(options: SubQueueOptions) {
    this.address = options.address
    this.#options = options
    const events: DeliveryEvents = {
      isDeliverable: (message) => {
        if (message.expiresAt > options.now()) return true
        options.onExpired(message)
        return false
      },
      delivering: (message) => {
        message.attempts += 1
        options.journal.attempted(message)
      },
      delivered: (message) => {
        void this.#remove(message)
      },
      lockLost: (message) => {
        this.#giveBack(message)
      },
    }
    const { lockDurationMs, now } = options
    this.delivery = options.requiresSession
      ? new SessionDelivery(lockDurationMs, now, events)
      : new PlainDelivery(lockDurationMs, now, events)
  }

  /** Puts a message that is on the disk among those that wait. */
  add(message: StoredMessage): void {
    this.messages.set(message.sequenceNumber, message)
    this.delivery.add(message)
  }

  /** Resolves when it is on the disk. @throws BrokerFailure when the lock is over */
  async complete(lockToken: string): Promise<void> {
    await this.#remove(this.delivery.take(lockToken))
  }

  /** As if the client had not got the message: it comes again at once, and the delivery counts as failed. */
  async abandon(lockToken: string, properties: Properties): Promise<void> {
    const message = this.delivery.take(lockToken)
    if (Object.keys(properties).length > 0) {
      const before = message.content.raw.length
      message.content = withApplicationProperties(message.content, properties)
      this.#options.onResized(message.content.raw.length - before)
      await this.#options.journal.put([message])
    }
    this.#giveBack(message)
  }

  async deadLetter(lockToken: string, why: DeadLetterReason): Promise<void> {
    const { onDeadLetter } = this.#options
    if (onDeadLetter === undefined)
      throw new BrokerFailure('amqp:not-allowed', 'The message is in a dead-letter queue already.')
    await onDeadLetter(this.delivery.take(lockToken), why)
  }

  /** Completes a message for the sender and gives it out again: what a failover of the real service may do. */
  repeat(lockToken: string): void {
    this.delivery.add(this.delivery.take(lockToken))
  }

  /** Messages in the order of their numbers, for looking only. */
  peek(fromSequenceNumber: number, sessionId: string | undefined): StoredMessage[] {
    const found: StoredMessage[] = []
    for (const message of this.messages.values()) {
      const isWanted = sessionId === undefined || message.content.sessionId === sessionId
      if (message.sequenceNumber >= fromSequenceNumber && message.state !== 'arriving' && isWanted)
        found.push(message)
    }
    return found.sort((left, right) => left.sequenceNumber - right.sequenceNumber)
  }

  /** What the broker says about a message that is delivered or looked at. */
  factsOf(message: StoredMessage, lockedUntil?: number): DeliveryFacts {
    const isBeingDelivered = lockedUntil !== undefined
    return {
      sequenceNumber: message.sequenceNumber,
      deliveryCount: Math.max(0, message.attempts - (isBeingDelivered ? 1 : 0)),
      enqueuedAt: message.enqueuedAt,
      expiresAt: message.expiresAt,
      ...(isBeingDelivered && lockedUntil > 0 ? { lockedUntil } : {}),
      ...(message.isDeadLetter ? { deadLetterSource: message.queue } : {}),
    }
  }

  close(): void {
    this.delivery.close()
  }

  #giveBack(message: StoredMessage): void {
    const { onDeadLetter, maxDeliveryCount } = this.#options
    if (onDeadLetter === undefined || message.attempts < maxDeliveryCount) {
      this.delivery.add(message)
      return
    }
    void onDeadLetter(message, attemptsUsedUp(maxDeliveryCount))
  }

  async #remove(message: StoredMessage): Promise<void> {
    message.state = 'gone'
    this.messages.delete(message.sequenceNumber)
    this.#options.onResized(-message.content.raw.length)
    await this.#options.journal.remove(message)
  }

  /** Takes a message out whose time is over, or that goes to the dead-letter queue. It stays in the journal. */
  withdraw(message: StoredMessage): void {
    message.state = 'gone'
    this.messages.delete(message.sequenceNumber)
  }
}

/** The words of Azure. */
export function attemptsUsedUp(maxDeliveryCount: number): DeadLetterReason {
  return {
    reason: 'MaxDeliveryCountExceeded',
    description: `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`,
    properties: {},
  }
}

/** The application properties by which receivers of dead letters read the reason. */
export function deadLetterProperties({ reason, description, properties }: DeadLetterReason): Properties {
  const texts = { DeadLetterReason: reason, DeadLetterErrorDescription: description }
  const given = Object.entries(texts).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value.slice(0, DEAD_LETTER_TEXT_LENGTH_MAX)]],
  )
  return { ...properties, ...Object.fromEntries(given) }
}
