const FIRST_LENGTH = 1_024

/** An array of 32-bit integers that grows as needed. */
export class GrowingInts {
  #ints = new Int32Array(FIRST_LENGTH)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** 0 beyond the end. */
  get(index: number): number {
    return this.#ints[index] ?? 0
  }

  set(index: number, value: number): void {
    if (index >= this.#ints.length) {
      const longer = new Int32Array(Math.max(this.#ints.length * 2, index + 1))
      longer.set(this.#ints)
      this.#ints = longer
    }
    this.#ints[index] = value
    this.#length = Math.max(this.#length, index + 1)
  }

  push(...values: number[]): void {
    for (const value of values) this.set(this.#length, value)
  }
}
