import { expect } from 'vitest'

/** As `expect.poll`, with more time than its second: a busy machine is no failure. */
export function eventually<T>(probe: () => T | Promise<T>) {
  return expect.poll(probe, { interval: 10, timeout: 60_000 })
}
