export interface RememberedOptions {
  /** How long a value is used without a new look, from when it was asked for. */
  readonly freshMs: number
  /** A clock in milliseconds that never runs backwards; for tests. Default: that of `performance`. */
  readonly now?: () => number
}

/**
 * One value that is asked for again when it is too old. It is as old as its question: what changed while the answer was on
 * its way must not be remembered longer.
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

  /** The value, not too old; those who ask at the same time share one look. @throws what the look throws. */
  async recent(): Promise<T> {
    return this.fresh ?? this.shared()
  }

  /** A look that is under way, or a new one. @throws what the look throws. */
  shared(): Promise<T> {
    this.#asking ??= this.refreshed().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /** A look that begins now: its answer holds whatever was true before. @throws what the look throws. */
  async refreshed(): Promise<T> {
    const askedAtMs = this.#now()
    return this.learn(await this.#ask(), askedAtMs)
  }

  /**
   * Remembers what somebody else has asked for, unless something younger is known.
   * @param askedAtMs on the same clock.
   * @returns what is known now.
   */
  learn(value: T, askedAtMs: number): T {
    if (this.#known !== undefined && this.#known.askedAtMs > askedAtMs) return this.#known.value
    this.#known = { value, askedAtMs }
    return value
  }
}
