/** Ends what was started, in the reverse order; also when a run is interrupted. */
export class Cleanup {
  readonly #tasks: (() => Promise<unknown>)[] = []
  #ending: Promise<void> = Promise.resolve()

  add(task: () => Promise<unknown>): void {
    this.#tasks.push(task)
  }

  /**
   * Registers the end before the start is finished. If the run is interrupted during the start, `run` waits for the
   * start and then ends what was started.
   */
  async start<T>(begin: Promise<T>, end: (started: T) => Promise<unknown>): Promise<T> {
    this.add(() => begin.then(end, () => {}))
    return begin
  }

  /**
   * Ends everything, even if one end fails. A second call can come while the first still works: a signal, and then the
   * failure that the signal caused. It waits for the first; otherwise a folder could be removed before its server ends.
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
