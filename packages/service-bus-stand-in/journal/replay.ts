import type { SeenId, StoredMessage } from '../engine/index.ts'
import type { JournalRecord } from './records.ts'

/** What the journal says about one queue. */
export interface ReplayedQueue {
  nextSequenceNumber: number
  readonly messages: Map<number, StoredMessage>
  readonly seen: Map<string, SeenId>
}

/** Builds the state of all queues from the records, in the order in which they were written. */
export class Replay {
  readonly queues = new Map<string, ReplayedQueue>()

  apply(record: JournalRecord, segment: number): void {
    switch (record.kind) {
      case 'put':
        for (const { message, bytes } of record.messages) {
          const queue = this.#queue(message.queue)
          queue.messages.set(message.sequenceNumber, { ...message, segment, recordBytes: bytes })
          queue.nextSequenceNumber = Math.max(queue.nextSequenceNumber, message.sequenceNumber + 1)
          note(queue, message.content.id, message.enqueuedAt, segment)
        }
        break
      case 'remove':
        this.#queue(record.queue).messages.delete(record.sequenceNumber)
        break
      case 'attempt': {
        const message = this.#queue(record.queue).messages.get(record.sequenceNumber)
        if (message !== undefined) message.attempts = record.attempts
        break
      }
      case 'seen':
        note(this.#queue(record.queue), record.id, record.seenAt, segment)
        break
      case 'head': {
        const queue = this.#queue(record.queue)
        queue.nextSequenceNumber = Math.max(queue.nextSequenceNumber, record.nextSequenceNumber)
        break
      }
    }
  }

  #queue(name: string): ReplayedQueue {
    const known = this.queues.get(name)
    if (known !== undefined) return known
    const made: ReplayedQueue = { nextSequenceNumber: 1, messages: new Map(), seen: new Map() }
    this.queues.set(name, made)
    return made
  }
}

/** The records of two messages may have one id. A record that was moved here may be the older one. */
function note(queue: ReplayedQueue, id: string, seenAt: number, segment: number): void {
  const known = queue.seen.get(id)
  if (known === undefined || known.seenAt <= seenAt)
    queue.seen.set(id, { id, seenAt, segment, recordBytes: 0 })
}
