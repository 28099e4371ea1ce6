import { expect } from 'vitest'

/** Like `expect.poll`, but it waits longer than one second, so that a test does not fail on a busy machine. */
export function eventually<T>(probe: () => T | Promise<T>) {
  return expect.poll(probe, { interval: 10, timeout: 60_000 })
}
