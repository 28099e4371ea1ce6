import { createHash } from 'node:crypto'
import type { Delivery } from '../delivery.ts'

/** Messages that are counted at a time: more fail in this way only when all do. Some 100 bytes each. */
const MESSAGES_MAX = 10_000

/**
 * Counts how often this process has tried a message that failed and might be handled later. The queue's own count is of
 * no use for that: each time that the database was away counts there too, so after half an hour's outage every message
 * would seem to have been tried ten times.
 *
 * Another instance, or a new process, counts from the beginning: then a message is tried more often before it is parked.
 */
export class UncertainAttempts {
  readonly #counts = new Map<string, number>()

  /** Counts one more attempt. @returns how many there were, this one included */
  add(queue: string, { sequenceNumber, body }: Pick<Delivery, 'sequenceNumber' | 'body'>): number {
    const key = `${queue} ${sequenceNumber ?? createHash('sha256').update(body).digest('base64')}`
    const count = (this.#counts.get(key) ?? 0) + 1
    // To the end of the line, of which the beginning goes first.
    this.#counts.delete(key)
    this.#counts.set(key, count)
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= MESSAGES_MAX) break
      this.#counts.delete(oldest)
    }
    return count
  }
}
