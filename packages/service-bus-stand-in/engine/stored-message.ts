import type { MessageContent } from '../message/index.ts'

/** An id that was sent, and the journal's record that says so. */
export interface SeenId {
  readonly id: string
  readonly seenAt: number
  /** The journal's file that holds the record. */
  segment: number
  /** 0 as long as it is part of a message's record. */
  recordBytes: number
}

/** A message that the broker has accepted. */
export interface StoredMessage {
  readonly queue: string
  /** Ascending in each queue. A dead letter keeps it. */
  readonly sequenceNumber: number
  content: MessageContent
  readonly enqueuedAt: number
  /** Infinity for a dead letter. */
  expiresAt: number
  /** Deliveries that have begun. It is in the journal before the delivery, so a crash counts as a failed one. */
  attempts: number
  isDeadLetter: boolean
  /**
   * arriving: its record is not on the disk yet, so nobody may see it. waiting: for a receiver. locked: with a receiver.
   * gone: completed, expired or set aside.
   */
  state: 'arriving' | 'waiting' | 'locked' | 'gone'
  /** The journal's file that holds its newest record, and how long that record is. */
  segment: number
  recordBytes: number
}

/** Where messages are kept. Every promise resolves when the change is on the disk. */
export interface MessageJournal {
  /**
   * All of them or none. A message that is there already is replaced.
   * @param seen the ids of these messages, in the same order, where the queue looks for duplicates
   */
  put(messages: readonly StoredMessage[], seen?: readonly SeenId[]): Promise<void>
  remove(message: StoredMessage): Promise<void>
  /** Notes `message.attempts`. Nobody waits for it. */
  attempted(message: StoredMessage): void
  /** The id is not looked at any more. */
  forgotten(seen: SeenId): void
  /** Resolves when everything until now is on the disk. */
  settled(): Promise<void>
}
