import { setImmediate } from 'node:timers/promises'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** A clock on which a day passes as soon as everything that waits has been done. */
export class VirtualTime {
  #nowMs = 0
  readonly #sleepers = new Set<Sleeper>()

  readonly now = (): number => this.#nowMs

  readonly sleep = (forMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const sleeper = { atMs: this.#nowMs + forMs, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers.delete(sleeper)
          reject(signal.reason as Error)
        },
        { once: true },
      )
    })

  /** Lets the time pass; who waits for a moment goes on when it has come. */
  async passUntil(untilMs: number): Promise<void> {
    for (;;) {
      await setImmediate()
      const next = [...this.#sleepers].reduce<Sleeper | undefined>(
        (first, sleeper) => (first === undefined || sleeper.atMs < first.atMs ? sleeper : first),
        undefined,
      )
      if (next === undefined || next.atMs > untilMs) break
      this.#nowMs = next.atMs
      this.#sleepers.delete(next)
      next.wake()
    }
    this.#nowMs = untilMs
  }
}
