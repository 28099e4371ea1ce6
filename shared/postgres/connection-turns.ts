/** Short work answers a request that somebody waits for; bulk work goes on for seconds and is never in a hurry. */
export type Work = 'short' | 'bulk'

/** Whose turn it is, and for what. */
export interface Turn {
  /** Those of one name take turns with those of others, however many each of them has waiting. */
  readonly name: string
  readonly work: Work
}

interface Waiting {
  readonly work: Work
  readonly goOn: () => void
}

/** As pg-pool says it of the same trouble, so that it is classified the same: nothing was sent (classify.ts). */
const NO_TURN = 'timeout exceeded when trying to connect'

/**
 * Hands out the connections of a pool. While some are free they are taken at once, without a wait and without a record of
 * it. When all are taken, those who wait come by turns: the first of one name, the first of the next, and so on round. So
 * a name with a thousand waiting delays another one's only request by one turn.
 *
 * Bulk work has at most `bulkMax` of the connections, so that short work always has the others; it takes turns as any.
 */
export class ConnectionTurns {
  readonly #timeoutMs: number
  #free: number
  #bulkFree: number
  /** By work and name, in the order of their turns. */
  readonly #queues = new Map<string, Waiting[]>()

  constructor(sizes: { readonly max: number; readonly bulkMax: number; readonly timeoutMs: number }) {
    this.#free = sizes.max
    this.#bulkFree = sizes.bulkMax
    this.#timeoutMs = sizes.timeoutMs
  }

  /**
   * Takes a connection's place.
   * @returns null where it is taken already, and else what resolves when the turn has come. It rejects after the time
   *   limit or with the signal's reason; nothing is taken then.
   */
  take(turn: Turn, signal?: AbortSignal): Promise<void> | null {
    if (!this.#isFreeFor(turn.work)) return this.#wait(turn, signal)
    this.#count(turn.work, -1)
    return null
  }

  /** Gives it to the next in turn. */
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
      // Back to the end of the round, or away: names come and go without end.
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
