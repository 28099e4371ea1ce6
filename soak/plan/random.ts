import { seededRandom } from '../../cli/demo/index.ts'

/** The random choices of a run. Two runs with the same seed make the same choices. */
export class Random {
  /** A number in [0, 1). */
  readonly next: () => number

  constructor(seed: number) {
    this.next = seededRandom(seed).next
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
