import { BrokerFailure } from '../failure.ts'
import { withApplicationProperties } from '../message/index.ts'
import type { MessageContent } from '../message/index.ts'
import { DuplicateHistory } from './duplicate-history.ts'
import type { Now, QueueSettings } from './settings.ts'
import type { StoredBytes } from './stored-bytes.ts'
import type { SendTarget } from './topic.ts'
import type { MessageJournal, SeenId, StoredMessage } from './stored-message.ts'
import { SubQueue, attemptsUsedUp, deadLetterProperties } from './sub-queue.ts'
import type { DeadLetterReason } from './sub-queue.ts'

export interface QueueOptions {
  readonly settings: QueueSettings
  readonly journal: MessageJournal
  readonly storedBytes: StoredBytes
  readonly now: Now
}

/** What was on the disk when the broker started. */
export interface RestoredQueue {
  readonly messages: Iterable<StoredMessage>
  readonly seen: Iterable<SeenId>
}

/** The rest of an address that names the dead-letter queue of a queue. Case is ignored, as in Azure. */
export const DEAD_LETTER_SUFFIX = '/$DeadLetterQueue'

/** A queue with its dead-letter queue. */
export class Queue implements SendTarget {
  readonly name: string
  readonly settings: QueueSettings
  readonly main: SubQueue
  readonly deadLetters: SubQueue
  nextSequenceNumber = 1
  readonly history: DuplicateHistory | undefined
  readonly #options: QueueOptions
  /** No message of `main` expires earlier. */
  #earliestExpiry = Infinity

  constructor(options: QueueOptions) {
    const { settings, journal, now } = options
    this.name = settings.name
    this.settings = settings
    this.#options = options
    const shared = {
      lockDurationMs: settings.lockDurationMs,
      maxDeliveryCount: settings.maxDeliveryCount,
      now,
      journal,
      onResized: (bytes: number) => {
        options.storedBytes.resize(bytes)
      },
      onExpired: (message: StoredMessage) => {
        void this.#expire(message)
      },
    }
    this.main = new SubQueue({
      ...shared,
      address: settings.name,
      requiresSession: settings.requiresSession,
      onDeadLetter: (message, why) => this.#deadLetter(message, why),
    })
    this.deadLetters = new SubQueue({
      ...shared,
      address: `${settings.name}${DEAD_LETTER_SUFFIX}`,
      // Dead letters are received without sessions, also those of a queue that has them.
      requiresSession: false,
      onDeadLetter: undefined,
    })
    const window = settings.duplicateDetectionHistoryMs
    if (window !== undefined) {
      this.history = new DuplicateHistory(window, (seen) => {
        journal.forgotten(seen)
      })
    }
  }

  /** Takes back what the journal has. Messages that were with a receiver when the broker ended have lost their lock. */
  restore({ messages, seen }: RestoredQueue): void {
    for (const entry of seen) this.history?.add(entry)
    for (const message of messages) {
      this.#options.storedBytes.resize(message.content.raw.length)
      this.#earliestExpiry = Math.min(this.#earliestExpiry, message.expiresAt)
      if (message.isDeadLetter) this.deadLetters.add(message)
      else if (message.attempts < this.settings.maxDeliveryCount) this.main.add(message)
      else void this.#deadLetter(message, attemptsUsedUp(this.settings.maxDeliveryCount))
    }
  }

  /**
   * Accepts messages, all or none. Those whose id was sent a short time ago are dropped, and the sender is not told.
   * Resolves when they are on the disk.
   * @throws BrokerFailure when one has no session where the queue needs it, or the broker is full
   */
  async send(contents: readonly MessageContent[]): Promise<void> {
    const { settings } = this
    if (settings.requiresSession && contents.some(({ sessionId }) => sessionId === undefined)) {
      throw new BrokerFailure(
        'amqp:not-allowed',
        `The queue '${settings.name}' requires a session, and the message has no session id.`,
      )
    }
    const fresh = this.#withoutDuplicates(contents)
    this.#options.storedBytes.add(fresh.reduce((sum, { raw }) => sum + raw.length, 0))
    const messages = fresh.map((content) => this.#arriving(content))
    if (messages.length === 0) {
      // What they are duplicates of may not be on the disk yet.
      await this.#options.journal.settled()
      return
    }
    await this.#options.journal.put(messages, this.#seen(messages))
    for (const message of messages) this.main.delivery.add(message)
  }

  #withoutDuplicates(contents: readonly MessageContent[]): MessageContent[] {
    const { history } = this
    if (history === undefined) return [...contents]
    const now = this.#options.now()
    const inBatch = new Set<string>()
    return contents.filter(({ id }) => {
      const isNew = !history.has(id, now) && !inBatch.has(id)
      inBatch.add(id)
      return isNew
    })
  }

  #arriving(content: MessageContent): StoredMessage {
    const now = this.#options.now()
    const ownMs = content.timeToLiveMs ?? Infinity
    const expiresAt = now + Math.min(ownMs, this.settings.defaultMessageTimeToLiveMs)
    const message: StoredMessage = {
      queue: this.settings.name,
      sequenceNumber: this.nextSequenceNumber,
      content,
      enqueuedAt: now,
      expiresAt,
      attempts: 0,
      isDeadLetter: false,
      state: 'arriving',
      segment: 0,
      recordBytes: 0,
    }
    this.nextSequenceNumber += 1
    this.#earliestExpiry = Math.min(this.#earliestExpiry, expiresAt)
    this.main.messages.set(message.sequenceNumber, message)
    return message
  }

  /** Notes the ids of new messages at once: the same id may come again before they are on the disk. */
  #seen(messages: readonly StoredMessage[]): SeenId[] {
    const { history } = this
    if (history === undefined) return []
    return messages.map(({ content, enqueuedAt }) => {
      const seen = { id: content.id, seenAt: enqueuedAt, segment: 0, recordBytes: 0 }
      history.add(seen)
      return seen
    })
  }

  /** Removes what has expired. A message with a receiver stays until that one settles it or loses the lock. */
  sweep(): void {
    const now = this.#options.now()
    if (now < this.#earliestExpiry) return
    this.#earliestExpiry = Infinity
    for (const message of this.main.messages.values()) {
      if (message.expiresAt <= now && message.state === 'waiting') void this.#expire(message)
      else this.#earliestExpiry = Math.min(this.#earliestExpiry, message.expiresAt)
    }
  }

  async #expire(message: StoredMessage): Promise<void> {
    if (this.settings.deadLetteringOnMessageExpiration) {
      await this.#deadLetter(message, {
        reason: 'TTLExpiredException',
        description: 'The message expired and was dead lettered.',
        properties: {},
      })
      return
    }
    this.main.withdraw(message)
    this.#options.storedBytes.resize(-message.content.raw.length)
    await this.#options.journal.remove(message)
  }

  async #deadLetter(message: StoredMessage, why: DeadLetterReason): Promise<void> {
    this.main.withdraw(message)
    const before = message.content.raw.length
    const content = withApplicationProperties(message.content, deadLetterProperties(why))
    this.#options.storedBytes.resize(content.raw.length - before)
    const dead: StoredMessage = {
      ...message,
      content,
      isDeadLetter: true,
      expiresAt: Infinity,
      state: 'arriving',
    }
    this.deadLetters.messages.set(dead.sequenceNumber, dead)
    await this.#options.journal.put([dead])
    this.deadLetters.delivery.add(dead)
  }

  close(): void {
    this.main.close()
    this.deadLetters.close()
  }
}
