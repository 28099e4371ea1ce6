/** Time of the day, so that a test can give its own. */
export interface Clock {
  /** Milliseconds since 1970, UTC; they may run backwards, so they are not for measuring how long something took. */
  readonly nowMs: () => number
}

export const systemClock: Clock = { nowMs: () => Date.now() }
