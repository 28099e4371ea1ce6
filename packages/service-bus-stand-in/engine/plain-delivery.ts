import { randomUUID } from 'node:crypto'
import { messageLockLost } from '../failure.ts'
import { ExpiringLocks } from './expiring-locks.ts'
import { Heap } from './heap.ts'
import type { DeliveryEvents, Receiver } from './receiver.ts'
import type { Now } from './settings.ts'
import type { StoredMessage } from './stored-message.ts'

/** Delivery without sessions: the oldest message first, to the receivers in turn, each message with a lock of its own. */
export class PlainDelivery {
  readonly #waiting = new Heap<StoredMessage>((left, right) => left.sequenceNumber < right.sequenceNumber)
  readonly #locks: ExpiringLocks<StoredMessage>
  readonly #receivers: Receiver[] = []
  readonly #events: DeliveryEvents

  constructor(lockDurationMs: number, now: Now, events: DeliveryEvents) {
    this.#events = events
    this.#locks = new ExpiringLocks(lockDurationMs, now, (_, message) => {
      events.lockLost(message)
    })
  }

  /** A message that waits for a receiver, new or given back. */
  add(message: StoredMessage): void {
    message.state = 'waiting'
    this.#waiting.push(message)
    this.pump()
  }

  join(receiver: Receiver): void {
    this.#receivers.push(receiver)
    this.pump()
  }

  /** The locks of a receiver that leaves stay until they expire, as in Azure. */
  leave(receiver: Receiver): void {
    const index = this.#receivers.indexOf(receiver)
    if (index >= 0) this.#receivers.splice(index, 1)
  }

  /** Gives away what can be given away. To be called when a receiver has new credit. */
  pump(): void {
    for (;;) {
      const message = this.#first()
      const receiver = message === undefined ? undefined : this.#nextReceiver()
      if (message === undefined || receiver === undefined) return
      this.#waiting.pop()
      if (this.#events.isDeliverable(message)) this.#give(message, receiver)
    }
  }

  #first(): StoredMessage | undefined {
    // A message that has gone meanwhile is still in the heap, since taking it out of the middle would be slow.
    while (this.#waiting.size > 0 && this.#waiting.peek()?.state !== 'waiting') this.#waiting.pop()
    return this.#waiting.peek()
  }

  #nextReceiver(): Receiver | undefined {
    for (let tried = 0; tried < this.#receivers.length; tried += 1) {
      const receiver = this.#receivers.shift()
      if (receiver === undefined) return undefined
      this.#receivers.push(receiver)
      if (receiver.credit() > 0) return receiver
    }
    return undefined
  }

  #give(message: StoredMessage, receiver: Receiver): void {
    const lockToken = randomUUID()
    message.state = 'locked'
    this.#events.delivering(message)
    const lockedUntil = receiver.removesAtOnce ? 0 : this.#locks.hold(lockToken, message)
    receiver.deliver({ message, lockToken, lockedUntil })
    if (receiver.removesAtOnce) this.#events.delivered(message)
  }

  /** Ends a lock, since its holder settles the message. @throws BrokerFailure when the lock is over */
  take(lockToken: string): StoredMessage {
    const message = this.#locks.release(lockToken)
    if (message === undefined) throw messageLockLost()
    return message
  }

  /** @returns until when. @throws BrokerFailure when the lock is over */
  renew(lockToken: string): number {
    const until = this.#locks.renew(lockToken)
    if (until === undefined) throw messageLockLost()
    return until
  }

  /** As if the time of a lock were over. */
  loseLock(lockToken: string): void {
    const message = this.#locks.release(lockToken)
    if (message !== undefined) this.#events.lockLost(message)
  }

  close(): void {
    this.#locks.close()
  }
}
