import type { SeenId } from './stored-message.ts'

/** The message ids of the last while. Azure compares the id alone, not the content and not the session. */
export class DuplicateHistory {
  /** In the order of time. */
  readonly #seen = new Map<string, SeenId>()
  readonly #windowMs: number
  readonly #forgotten: (seen: SeenId) => void

  constructor(windowMs: number, forgotten: (seen: SeenId) => void) {
    this.#windowMs = windowMs
    this.#forgotten = forgotten
  }

  has(id: string, now: number): boolean {
    for (const seen of this.#seen.values()) {
      if (seen.seenAt + this.#windowMs > now) break
      this.#seen.delete(seen.id)
      this.#forgotten(seen)
    }
    const seen = this.#seen.get(id)
    return seen !== undefined && seen.seenAt + this.#windowMs > now
  }

  add(seen: SeenId): void {
    // Deleted first, so that a newer time stands at the end.
    this.#seen.delete(seen.id)
    this.#seen.set(seen.id, seen)
  }

  all(): Iterable<SeenId> {
    return this.#seen.values()
  }
}
