/** Short work serves a request that a caller waits for. Bulk work takes seconds, and a wait does it no harm. */
export type Work = 'short' | 'bulk'

/** Who asks for a connection, and for which kind of work. */
export interface Turn {
  /** The names take turns. It does not matter how many requests of one name are waiting. */
  readonly name: string
  readonly work: Work
}

interface Waiting {
  readonly work: Work
  readonly goOn: () => void
}

/** The text of pg-pool's error for the same failure. So classify.ts gives it the same class: nothing was sent. */
const NO_TURN = 'timeout exceeded when trying to connect'

/**
 * Hands out the connections of a pool. A free connection is taken at once. When all are taken, the names take turns:
 * the first request of one name, then the first of the next name, and so on, round and round. So a name with a thousand
 * waiting requests delays the only request of another name by one turn.
 *
 * Bulk work has at most `bulkMax` of the connections, so that the others stay free for short work. It takes turns like
 * short work.
 */
export class ConnectionTurns {
  readonly #timeoutMs: number
  #free: number
  #bulkFree: number
  /** The waiting requests by work and name, in the order of the turns. */
  readonly #queues = new Map<string, Waiting[]>()

  constructor(sizes: { readonly max: number; readonly bulkMax: number; readonly timeoutMs: number }) {
    this.#free = sizes.max
    this.#bulkFree = sizes.bulkMax
    this.#timeoutMs = sizes.timeoutMs
  }

  /**
   * Takes one of the pool's connections, by count.
   * @returns null when one was free and is now taken. Otherwise a promise that resolves when the turn has come. It
   *   rejects after the time limit or with the signal's reason; then no connection is taken.
   */
  take(turn: Turn, signal?: AbortSignal): Promise<void> | null {
    if (!this.#isFreeFor(turn.work)) return this.#wait(turn, signal)
    this.#count(turn.work, -1)
    return null
  }

  /** Gives the connection back, and to the next in turn. */
  giveBack(work: Work): void {
    this.#count(work, 1)
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) {
      this.#count(next.work, -1)
      next.goOn()
    }
  }

  #isFreeFor(work: Work): boolean {
    return this.#free > 0 && (work === 'short' || this.#bulkFree > 0)
  }

  #count(work: Work, change: 1 | -1): void {
    this.#free += change
    if (work === 'bulk') this.#bulkFree += change
  }

  #takeNext(): Waiting | undefined {
    for (const [key, queue] of this.#queues) {
      const [first] = queue
      if (first === undefined || !this.#isFreeFor(first.work)) continue
      queue.shift()
      // The name goes to the end of the round, or is removed when it has none waiting. Otherwise the map would grow
      // with every new name.
      this.#queues.delete(key)
      if (queue.length > 0) this.#queues.set(key, queue)
      return first
    }
    return undefined
  }

  #wait({ name, work }: Turn, signal: AbortSignal | undefined): Promise<void> {
    const key = `${work} ${name}`
    return new Promise((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        finish()
      }
      const waiting: Waiting = { work, goOn: () => end(resolve) }
      const leave = (reason: unknown): void => {
        this.#remove(key, waiting)
        end(() => reject(reason instanceof Error ? reason : new Error(String(reason))))
      }
      const onAbort = (): void => leave(signal?.reason)
      const timer = setTimeout(() => leave(new Error(NO_TURN)), this.#timeoutMs)
      if (signal?.aborted === true) {
        end(() => reject(signal.reason as Error))
        return
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const queue = this.#queues.get(key)
      if (queue === undefined) this.#queues.set(key, [waiting])
      else queue.push(waiting)
    })
  }

  #remove(key: string, waiting: Waiting): void {
    const left = (this.#queues.get(key) ?? []).filter((one) => one !== waiting)
    if (left.length === 0) this.#queues.delete(key)
    else this.#queues.set(key, left)
  }
}
