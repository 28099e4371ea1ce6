/** Something that can be lost once and for good, such as a connection, and the work that must not wait for it then. */
export class Loss {
  #reason: Error | undefined
  readonly #waiting = new Set<(reason: Error) => void>()

  get reason(): Error | undefined {
    return this.#reason
  }

  /** Only the first reason counts. */
  happen(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const tell of waiting) tell(reason)
  }

  /** Calls back once, at once if it has happened. @returns takes the callback away */
  whenLost(tell: (reason: Error) => void): () => void {
    if (this.#reason !== undefined) {
      tell(this.#reason)
      return () => undefined
    }
    this.#waiting.add(tell)
    return () => {
      this.#waiting.delete(tell)
    }
  }

  /**
   * The outcome of work, or a rejection with the reason as soon as the loss happens. The SDK's calls wait up to a minute
   * for an answer over a connection that is gone. A late rejection of the work is swallowed.
   */
  unlessLost<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const forget = this.whenLost(reject)
      work.then(resolve, reject).finally(forget)
    })
  }
}
