/** Numbers in [0, 1) that are the same in every run of a seed: mulberry32, by Tommy Ettinger, public domain. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    const state = this.#state
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of the values, each as often as its weight says. */
  pick<T>(weighted: readonly (readonly [value: T, weight: number])[]): T {
    const total = weighted.reduce((sum, [, weight]) => sum + weight, 0)
    let rest = this.next() * total
    for (const [value, weight] of weighted) {
      rest -= weight
      if (rest < 0) return value
    }
    const last = weighted.at(-1)
    if (last === undefined) throw new Error('there is nothing to pick from')
    return last[0]
  }
}
