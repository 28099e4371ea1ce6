export interface RememberedOptions {
  /** How long a value is used before it is asked for again, counted from when it was asked for. */
  readonly freshMs: number
  /** A clock in milliseconds that never runs backwards; for tests. Default: that of `performance`. */
  readonly now?: () => number
}

/**
 * One value that is asked for again when it is too old. Its age is counted from the question and not from the answer: a
 * change that happens while the answer is on its way is not in the answer.
 */
export class Remembered<T> {
  readonly #ask: () => Promise<T>
  readonly #freshMs: number
  readonly #now: () => number
  #known: { readonly value: T; readonly askedAtMs: number } | undefined
  #asking: Promise<T> | undefined

  constructor(ask: () => Promise<T>, { freshMs, now = () => performance.now() }: RememberedOptions) {
    this.#ask = ask
    this.#freshMs = freshMs
    this.#now = now
  }

  /** Infinite while nothing is known. */
  get ageMs(): number {
    return this.#known === undefined ? Infinity : this.#now() - this.#known.askedAtMs
  }

  /** The value, where it is known and not too old. */
  get fresh(): T | undefined {
    return this.ageMs < this.#freshMs ? this.#known?.value : undefined
  }

  /**
   * The value, asked for again if it is too old. Callers at the same time share one question. @throws what `ask`
   * throws.
   */
  async recent(): Promise<T> {
    return this.fresh ?? this.shared()
  }

  /** The answer to the question that is under way, or to a new one. @throws what `ask` throws. */
  shared(): Promise<T> {
    this.#asking ??= this.refreshed().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /** Asks now: the answer includes every change that was made before this call. @throws what `ask` throws. */
  async refreshed(): Promise<T> {
    const askedAtMs = this.#now()
    return this.learn(await this.#ask(), askedAtMs)
  }

  /**
   * Remembers a value that was asked for elsewhere, unless a newer one is known.
   * @param askedAtMs on the same clock.
   * @returns what is known now.
   */
  learn(value: T, askedAtMs: number): T {
    if (this.#known !== undefined && this.#known.askedAtMs > askedAtMs) return this.#known.value
    this.#known = { value, askedAtMs }
    return value
  }
}
