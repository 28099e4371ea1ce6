import { setTimeout as delay } from 'node:timers/promises'
import type { BusConnection } from './connections.ts'
import { Loss } from './loss.ts'
import { isConnected } from './sdk-internals.ts'

/** When a broker accepts a connection and then says nothing, another connection is tried after this. */
const OPENING_MAX_MS = 20_000

/** A broker that refuses a receiver opens its link first and closes it at once. One that stays open for this is open. */
const PROOF_MS = 1_000

/** Nobody waits longer than this for the answers to closing something. */
const CLOSING_MAX_MS = 2_000

/** From the opening of a receiver on a connection to its end: a stop that is asked for, or the loss of either. */
export class Life {
  readonly connection: BusConnection
  /** The receiver's, which the connection's brings along. */
  readonly loss = new Loss()
  /** Aborted by a stop and by a loss: nothing new is begun. */
  readonly ending: AbortSignal
  readonly #stopping: AbortSignal
  readonly #lost = new AbortController()
  readonly #opened: () => void
  readonly #forget: (() => void)[]
  readonly #watchdog: NodeJS.Timeout
  #proof: NodeJS.Timeout | undefined

  constructor(connection: BusConnection, stopping: AbortSignal, opened: () => void) {
    this.connection = connection
    this.#stopping = stopping
    this.#opened = opened
    this.ending = AbortSignal.any([stopping, this.#lost.signal])
    this.#watchdog = setTimeout(() => {
      connection.loss.happen(new Error(`No answer came within ${OPENING_MAX_MS} ms.`))
    }, OPENING_MAX_MS)
    this.#forget = [
      connection.loss.whenLost((reason) => this.loss.happen(reason)),
      this.loss.whenLost(() => {
        clearTimeout(this.#proof)
        this.#lost.abort()
      }),
    ]
  }

  /** The link of the receiver is open, and may be closed again at once. */
  linkOpened(): void {
    clearTimeout(this.#watchdog)
    clearTimeout(this.#proof)
    // The SDK may open a link once more before it notices that its receiver was closed.
    if (this.loss.reason === undefined) this.#proof = setTimeout(() => this.#opened(), PROOF_MS)
  }

  /** The receiver is open, as a message or a session shows. */
  opened(): void {
    clearTimeout(this.#watchdog)
    clearTimeout(this.#proof)
    this.#opened()
  }

  /** The receiver asks for a session, which has no answer until there is one: that nothing is refused has to be enough. */
  asking(): void {
    clearTimeout(this.#proof)
    this.#proof = setTimeout(() => {
      if (isConnected(this.connection.client)) this.opened()
      else this.asking()
    }, PROOF_MS)
  }

  /** Resolves when a stop is asked for. Rejects with the reason of a loss. */
  async untilStop(): Promise<void> {
    await this.loss.unlessLost(aborted(this.#stopping))
  }

  /** The outcome of work; undefined when a stop is asked for before. Rejects when it is lost before. */
  async unlessStopped<Value>(work: Promise<Value>): Promise<Value | undefined> {
    if (this.#stopping.aborted) return undefined
    const stop = new AbortController()
    try {
      return await this.loss.unlessLost(
        Promise.race([work, aborted(this.#stopping, stop.signal).then(() => undefined)]),
      )
    } finally {
      stop.abort()
    }
  }

  /** Waits for a step of closing, but not for long, and not when its answer can't come any more. */
  async closing(step: Promise<unknown>): Promise<void> {
    const stop = new AbortController()
    const limit = delay(CLOSING_MAX_MS, undefined, { signal: stop.signal })
    try {
      await Promise.race([this.loss.unlessLost(step), limit])
    } catch {
      // What could not be closed is closed by the broker when the connection ends.
    } finally {
      stop.abort()
      limit.catch(() => undefined)
    }
  }

  end(): void {
    clearTimeout(this.#watchdog)
    clearTimeout(this.#proof)
    for (const forget of this.#forget) forget()
  }
}

/** Resolves when `signal` is aborted. `unheard` takes the listener away. */
function aborted(signal: AbortSignal, unheard?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true, ...(unheard && { signal: unheard }) })
  })
}
