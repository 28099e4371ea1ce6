export interface BatchSize {
  readonly most: number
  /** A batch with fewer items waits up to `leastWaitMs` for more. */
  readonly least: number
  readonly leastWaitMs: number
}

/**
 * How long a batch that has begun waits for its next item, and how long in all. The SDK of .NET waits 20 ms in any case.
 * A longer wait would bring nothing: what comes while a batch is worked on is in the next one.
 */
const QUIET_MS = 3
const GATHERING_MAX_MS = 20

/** Gathers items that come one by one into batches, for one taker. */
export class Collector<Item> {
  readonly #items: Item[] = []
  #wake: (() => void) | undefined

  push(item: Item): void {
    this.#items.push(item)
    this.#wake?.()
  }

  /** Everything that is there now. */
  takeAll(): Item[] {
    return this.#items.splice(0)
  }

  /** The next batch. Empty only when `ending` is aborted. */
  async take({ most, least, leastWaitMs }: BatchSize, ending: AbortSignal): Promise<Item[]> {
    while (this.#items.length === 0 && !ending.aborted) await this.#change(undefined, ending)
    const begunAtMs = performance.now()
    while (this.#items.length < most && !ending.aborted) {
      const count = this.#items.length
      const spentMs = performance.now() - begunAtMs
      const hasTooFew = count < least && spentMs < leastWaitMs
      if (!hasTooFew && spentMs >= GATHERING_MAX_MS) break
      await this.#change(hasTooFew ? leastWaitMs - spentMs : QUIET_MS, ending)
      if (!hasTooFew && this.#items.length === count) break
    }
    return this.#items.splice(0, most)
  }

  /** Resolves with the next item, after the time, or when `ending` is aborted. */
  #change(limitMs: number | undefined, ending: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        ending.removeEventListener('abort', wake)
        this.#wake = undefined
        resolve()
      }
      const timer = limitMs === undefined ? undefined : setTimeout(wake, limitMs)
      ending.addEventListener('abort', wake)
      this.#wake = wake
    })
  }
}
