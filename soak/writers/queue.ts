/** Queue of commands that other processes handed over. Any free caller takes the next. Closed when no more come. */
export class HandedOver<T> {
  readonly #waiting: T[] = []
  readonly #wanting: ((item: T | undefined) => void)[] = []
  #isClosed = false

  push(item: T): void {
    const wanting = this.#wanting.shift()
    if (wanting === undefined) this.#waiting.push(item)
    else wanting(item)
  }

  /** The next item, if there is one already. */
  takeNow(): T | undefined {
    return this.#waiting.shift()
  }

  /** Waits for the next item. Undefined when the queue is closed. */
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
