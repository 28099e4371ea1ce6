import { BrokerFailure } from '../failure.ts'

/** How much memory the messages of all queues take. */
export class StoredBytes {
  #used = 0
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** @throws BrokerFailure resource-limit-exceeded when it would be too much; then nothing is counted */
  add(bytes: number): void {
    if (this.#used + bytes > this.#most) {
      throw new BrokerFailure(
        'amqp:resource-limit-exceeded',
        `The local broker holds ${this.#used} bytes of messages, and takes ${this.#most}. Receive some, or start with --fresh.`,
      )
    }
    this.#used += bytes
  }

  /** For messages that are accepted already: more of them, or less, whatever the limit. */
  resize(bytes: number): void {
    this.#used += bytes
  }
}
