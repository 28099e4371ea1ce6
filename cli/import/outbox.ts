import type { Entry } from './entry.ts'

/** Settled entries that still stand in memory; moving the others once for so many costs nothing. */
const settledKept = 1_000

/**
 * Entries between the file and their outcome. What was taken from the file stays here until it is settled, so that a
 * request that breaks off loses nothing: the next one begins with what is left. Counted by place: the number of entries
 * before one, since the beginning.
 */
export class Outbox {
  readonly #blocks: AsyncIterator<readonly Entry[]>
  #entries: Entry[] = []
  /** Index in `entries` of the first that is not settled: to remove each one at once would move all the others. */
  #head = 0
  /** Place of that entry. */
  #first = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #pulling: Promise<void> | undefined

  constructor(blocks: AsyncIterator<readonly Entry[]>) {
    this.#blocks = blocks
  }

  /** Place of the first entry that is not settled. */
  get first(): number {
    return this.#first
  }

  /** The entry at a place that was taken already; undefined beyond. */
  at(place: number): Entry | undefined {
    return place < this.#first ? undefined : this.#entries[this.#head + place - this.#first]
  }

  /**
   * The entry at a place, from the file where it must be. Undefined at the end, and also where the reading failed:
   * what was read before is sent all the same, and the error is thrown by `throwFailure`.
   */
  async next(place: number): Promise<Entry | undefined> {
    while (place >= this.#first + this.#entries.length - this.#head && !this.#ended) {
      this.#pulling ??= this.#pull()
      await this.#pulling
    }
    return this.at(place)
  }

  /** Drops the first entries: they have their outcome. */
  settle(count: number): void {
    this.#head += count
    this.#first += count
    if (this.#head < settledKept) return
    this.#entries = this.#entries.slice(this.#head)
    this.#head = 0
  }

  /** @throws what ended the reading, if anything */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  async #pull(): Promise<void> {
    try {
      const { value, done } = await this.#blocks.next()
      if (done === true) this.#ended = true
      else this.#entries.push(...value)
    } catch (error) {
      this.#ended = true
      this.#failure = { error }
    } finally {
      this.#pulling = undefined
    }
  }
}
