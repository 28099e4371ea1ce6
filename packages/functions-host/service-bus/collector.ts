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

/** Gathers items that come one by one into batches, for one taker, in the order in which they came. */
export class Collector<Item> {
  readonly #items = new Map<string, Item>()
  #wake: (() => void) | undefined

  /** @returns the item of the same key that waited, which the new one replaces */
  push(key: string, item: Item): Item | undefined {
    const earlier = this.#items.get(key)
    if (earlier !== undefined) this.#items.delete(key)
    this.#items.set(key, item)
    this.#wake?.()
    return earlier
  }

  /** Everything that is there now. */
  takeAll(): Item[] {
    return this.#takeUpTo(Number.POSITIVE_INFINITY)
  }

  /** The next batch. Empty only when `ending` is aborted. */
  async take({ most, least, leastWaitMs }: BatchSize, ending: AbortSignal): Promise<Item[]> {
    while (this.#items.size === 0 && !ending.aborted) await this.#change(undefined, ending)
    const begunAtMs = performance.now()
    while (this.#items.size < most && !ending.aborted) {
      const count = this.#items.size
      const spentMs = performance.now() - begunAtMs
      const hasTooFew = count < least && spentMs < leastWaitMs
      if (!hasTooFew && spentMs >= GATHERING_MAX_MS) break
      await this.#change(hasTooFew ? leastWaitMs - spentMs : QUIET_MS, ending)
      if (!hasTooFew && this.#items.size === count) break
    }
    return this.#takeUpTo(most)
  }

  #takeUpTo(most: number): Item[] {
    const taken: Item[] = []
    for (const [key, item] of this.#items) {
      if (taken.length >= most) break
      taken.push(item)
      this.#items.delete(key)
    }
    return taken
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
