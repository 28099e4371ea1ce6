/** A fixed number of places, each held by one request at a time. */
export class Places {
  #taken = 0

  /**
   * Takes a place.
   * @returns what gives it back (once; again does nothing), or null where `max` are taken.
   */
  take(max: number): (() => void) | null {
    if (this.#taken >= max) return null
    this.#taken += 1
    let isHeld = true
    return () => {
      if (isHeld) this.#taken -= 1
      isHeld = false
    }
  }
}
