import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../start-failure.ts'
import type { Connections } from './connections.ts'
import { Life } from './life.ts'

export interface ListenerOptions {
  readonly connections: Connections
  readonly connectionString: string
  /** How many receivers there are at a time: one, or one for each session. */
  readonly receivers: number
  /** Resolves after a stop; rejects when it can't receive any more. */
  readonly receive: (life: Life) => Promise<void>
  /** One receives again after a failure. */
  recovered(): void
  /** One does not receive, and none has failed since the last recovery. The host tries again until they do. */
  failed(reason: string): void
}

/** The first try after a failure comes soon, since most brokers are back at once. */
const RETRY_FIRST_MS = 100
/** A broker that is back is found within this. */
const RETRY_MAX_MS = 3_000

/** Receives until it is stopped, whatever happens to connections. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #stopping: AbortSignal
  #isFailing = false

  constructor(options: ListenerOptions, stopping: AbortSignal) {
    this.#options = options
    this.#stopping = stopping
  }

  /** Resolves when all receivers have stopped. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.receivers }, () => this.#keepReceiving()))
  }

  async #keepReceiving(): Promise<void> {
    let failures = 0
    while (!this.#stopping.aborted) {
      try {
        await this.#receive(() => {
          failures = 0
          this.#opened()
        })
      } catch (error) {
        failures++
        this.#failed(messageOf(error))
        await delay(pauseMs(failures), undefined, { signal: this.#stopping }).catch(() => undefined)
      }
    }
  }

  async #receive(opened: () => void): Promise<void> {
    const { connections, connectionString, receive } = this.#options
    const connection = await connections.acquire(connectionString)
    const life = new Life(connection, this.#stopping, opened)
    try {
      await receive(life)
    } finally {
      life.end()
      connections.release(connection)
    }
  }

  #opened(): void {
    if (this.#isFailing) this.#options.recovered()
    this.#isFailing = false
  }

  #failed(reason: string): void {
    if (!this.#isFailing && !this.#stopping.aborted) this.#options.failed(reason)
    this.#isFailing = true
  }
}

/** Doubles with each failure in a row, up to a limit, and differs by up to a half, so that not all come at once. */
function pauseMs(failures: number): number {
  const longest = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_MAX_MS)
  return longest * (0.5 + Math.random() / 2)
}
