/** Commands that others handed over, for whichever caller is free; closed when nothing comes any more. */
export class HandedOver<T> {
  readonly #waiting: T[] = []
  readonly #wanting: ((item: T | undefined) => void)[] = []
  #isClosed = false

  push(item: T): void {
    const wanting = this.#wanting.shift()
    if (wanting === undefined) this.#waiting.push(item)
    else wanting(item)
  }

  /** One that is there already. */
  takeNow(): T | undefined {
    return this.#waiting.shift()
  }

  /** The next one; undefined after the end. */
  async take(): Promise<T | undefined> {
    const item = this.#waiting.shift()
    if (item !== undefined || this.#isClosed) return item
    return new Promise((resolve) => {
      this.#wanting.push(resolve)
    })
  }

  close(): void {
    this.#isClosed = true
    for (const wanting of this.#wanting.splice(0)) wanting(undefined)
  }
}
