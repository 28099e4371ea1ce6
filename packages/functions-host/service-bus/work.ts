/** Runs that are under way, so that a stop can wait for them. */
export class Work {
  readonly #running = new Set<Promise<unknown>>()

  /** @returns the same promise */
  track<Value>(run: Promise<Value>): Promise<Value> {
    this.#running.add(run)
    const forget = (): void => {
      this.#running.delete(run)
    }
    run.then(forget, forget)
    return run
  }

  /** Resolves when all runs have ended, those too that begin meanwhile. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }
}
