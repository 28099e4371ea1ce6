import type { MessageContent } from '../message/index.ts'
import type { Queue } from './queue.ts'

/** Where a client may send: a queue, or a topic. */
export interface SendTarget {
  readonly name: string
  /**
   * Accepts messages. Resolves when they are on the disk.
   * @throws BrokerFailure when they are refused
   */
  send(contents: readonly MessageContent[]): Promise<void>
}

/**
 * A topic: what is sent to it goes to each of its subscriptions, which are queues of their own. Without one it is gone.
 * Subscriptions take everything: rules are not built.
 */
export class Topic implements SendTarget {
  readonly name: string
  readonly #subscriptions: readonly Queue[]

  constructor(name: string, subscriptions: readonly Queue[]) {
    this.name = name
    this.#subscriptions = subscriptions
  }

  /**
   * If the broker is killed before all have it, some have it and the sender is not told: it sends again, and those get
   * it twice. Azure promises no more.
   */
  async send(contents: readonly MessageContent[]): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.send(contents)))
  }
}

/** The address of a subscription, which is also the name of its queue here. */
export const subscriptionAddress = (topic: string, subscription: string): string =>
  `${topic}/Subscriptions/${subscription}`
