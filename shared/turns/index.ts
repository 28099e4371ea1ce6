/**
 * Long work in turns. A process answers nobody while it works, so work on megabytes stops after every few milliseconds
 * and lets other requests run. This code must not know what the work is.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises'

/** Characters of JSON that are worked through in one turn: one to ten milliseconds, whatever they hold. */
export const TURN_CHARACTERS = 65_536

/** Counts the work of one request. */
export class Turns {
  #characters = 0

  /**
   * Adds to the work that was done. When a turn is over, it returns the promise to wait for; otherwise undefined, so
   * that short work waits for nothing.
   */
  after(characters: number): Promise<void> | undefined {
    this.#characters += characters
    if (this.#characters < TURN_CHARACTERS) return undefined
    this.#characters = 0
    return letOthersRun()
  }
}
