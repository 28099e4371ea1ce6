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
  /** All receive, after a time in which some did not. */
  recovered(): void
  /** Some don't receive; the host tries again until they do. */
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
  readonly #failing = new Set<number>()

  constructor(options: ListenerOptions, stopping: AbortSignal) {
    this.#options = options
    this.#stopping = stopping
  }

  /** Resolves when all receivers have stopped. */
  async run(): Promise<void> {
    const receivers = Array.from({ length: this.#options.receivers }, (_, index) =>
      this.#keepReceiving(index),
    )
    await Promise.all(receivers)
  }

  async #keepReceiving(index: number): Promise<void> {
    let failures = 0
    while (!this.#stopping.aborted) {
      try {
        await this.#receive(() => {
          failures = 0
          this.#opened(index)
        })
      } catch (error) {
        failures++
        this.#failed(index, messageOf(error))
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

  #opened(index: number): void {
    if (this.#failing.delete(index) && this.#failing.size === 0) this.#options.recovered()
  }

  #failed(index: number, reason: string): void {
    if (this.#stopping.aborted) return
    if (this.#failing.size === 0) this.#options.failed(reason)
    this.#failing.add(index)
  }
}

/** Doubles with each failure in a row, up to a limit, and differs by up to a half, so that not all come at once. */
function pauseMs(failures: number): number {
  const longest = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_MAX_MS)
  return longest * (0.5 + Math.random() / 2)
}
