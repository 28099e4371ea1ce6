/** Values by key, each kept until its time is over. When the cache is full, a new entry replaces the oldest one. */
export class TimedCache<V> {
  readonly #entriesMax: number
  readonly #now: () => number
  readonly #entries = new Map<string, { readonly value: V; readonly untilMs: number }>()

  /** @param now the clock of `untilMs`. Default: that of `performance`. */
  constructor(entriesMax: number, now: () => number = () => performance.now()) {
    this.#entriesMax = entriesMax
    this.#now = now
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (this.#now() < entry.untilMs) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** @param untilMs on the cache's clock; if it has passed already, nothing is kept. */
  set(key: string, value: V, untilMs: number): void {
    if (untilMs <= this.#now()) return
    this.#entries.delete(key)
    // A Map keeps the order in which keys came: the first is the oldest entry.
    const oldest = this.#entries.keys().next().value
    if (this.#entries.size >= this.#entriesMax && oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(key, { value, untilMs })
  }
}
