import type { Now } from './settings.ts'

interface Held<Value> {
  readonly value: Value
  until: number
}

/**
 * Locks that all last equally long. A lock that is taken or renewed later therefore expires later: the map is in the
 * order of expiry, and one timer for the first is enough.
 */
export class ExpiringLocks<Value> {
  readonly #held = new Map<string, Held<Value>>()
  readonly #durationMs: number
  readonly #now: Now
  readonly #expired: (key: string, value: Value) => void
  #timer: NodeJS.Timeout | undefined

  constructor(durationMs: number, now: Now, expired: (key: string, value: Value) => void) {
    this.#durationMs = durationMs
    this.#now = now
    this.#expired = expired
  }

  /** @returns until when, in milliseconds since 1970 */
  hold(key: string, value: Value): number {
    const until = this.#now() + this.#durationMs
    // Deleted first: one that is over may still be there, and would keep its old place in the order.
    this.#held.delete(key)
    this.#held.set(key, { value, until })
    this.#timer ??= this.#timerFor(until)
    return until
  }

  /** @returns until when; undefined when nobody holds it any more */
  renew(key: string): number | undefined {
    const value = this.release(key)
    return value === undefined ? undefined : this.hold(key, value)
  }

  /** The value, if the lock is still held. */
  get(key: string): Value | undefined {
    const held = this.#held.get(key)
    return held === undefined || held.until <= this.#now() ? undefined : held.value
  }

  /** Until when it is held; 0 when it is not. */
  until(key: string): number {
    return this.#held.get(key)?.until ?? 0
  }

  /** Ends a lock before its time. @returns the value, if the lock was still held */
  release(key: string): Value | undefined {
    const value = this.get(key)
    // One that is over stays for the timer, which says so to the queue.
    if (value !== undefined) this.#held.delete(key)
    return value
  }

  /** No lock expires any more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#held.clear()
  }

  #timerFor(until: number): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.#expire()
      },
      Math.max(1, until - this.#now()),
    ).unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#now()
    for (const [key, held] of this.#held) {
      if (held.until > now) {
        this.#timer ??= this.#timerFor(held.until)
        return
      }
      this.#held.delete(key)
      this.#expired(key, held.value)
    }
  }
}
