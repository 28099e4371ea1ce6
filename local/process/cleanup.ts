/** What was started and has to be ended, in the reverse order; also when the run is broken off. */
export class Cleanup {
  readonly #tasks: (() => Promise<unknown>)[] = []
  #ending: Promise<void> = Promise.resolve()

  add(task: () => Promise<unknown>): void {
    this.#tasks.push(task)
  }

  /** Starts something whose end is noted before it has started: a run that is broken off meanwhile waits for it, then ends it. */
  async start<T>(begin: Promise<T>, end: (started: T) => Promise<unknown>): Promise<T> {
    this.add(() => begin.then(end, () => {}))
    return begin
  }

  /**
   * Ends everything, whatever fails on the way. Where it is under way already (a signal came, and then the failure that
   * follows from it) it waits for that end first: two at once would take a folder away from under a server that stops.
   * @throws the first failure, after all were tried
   */
  run(): Promise<void> {
    const before = this.#ending
    this.#ending = before.catch(() => {}).then(() => this.#endAll())
    return this.#ending
  }

  async #endAll(): Promise<void> {
    const failures: unknown[] = []
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      await task().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
