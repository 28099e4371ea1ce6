import type { VirtualTime } from './virtual-time.ts'

interface Message {
  readonly id: number
  deliveries: number
}

export interface ModelQueueSettings {
  readonly lockMs: number
  readonly maxDeliveryCount: number
}

/** What of Service Bus and of the host's trigger decides about an outage: a message that is given back comes again at once. */
export class ModelQueue {
  readonly deadLetters: Message[] = []
  readonly done: Message[] = []
  /** Of the message that was delivered most often. */
  deliveriesMost = 0
  /** Runs that took longer than the lock of their messages. */
  locksLost = 0
  readonly #ready: Message[]
  readonly #settings: ModelQueueSettings
  readonly #time: VirtualTime

  constructor(messages: number, settings: ModelQueueSettings, time: VirtualTime) {
    this.#ready = Array.from({ length: messages }, (_, id) => ({ id, deliveries: 0 }))
    this.#settings = settings
    this.#time = time
  }

  /** Delivers up to `most` messages at a time to a function, until there are none. */
  async deliverTo(handle: () => Promise<void>, most: number): Promise<void> {
    while (this.#ready.length > 0) {
      const batch = this.#take(most)
      if (batch.length === 0) continue
      const beganMs = this.#time.now()
      const isDone = await handle().then(
        () => true,
        () => false,
      )
      if (this.#time.now() - beganMs >= this.#settings.lockMs) this.locksLost += 1
      const to = isDone ? this.done : this.#ready
      to.push(...batch)
    }
  }

  #take(most: number): Message[] {
    const batch: Message[] = []
    for (const message of this.#ready.splice(0, most)) {
      message.deliveries += 1
      this.deliveriesMost = Math.max(this.deliveriesMost, message.deliveries)
      if (message.deliveries > this.#settings.maxDeliveryCount) this.deadLetters.push(message)
      else batch.push(message)
    }
    return batch
  }
}
