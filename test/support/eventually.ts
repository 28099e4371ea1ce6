import { expect } from 'vitest'

/** As `expect.poll`, with more time than its second: a busy machine is no failure. */
export const eventually = <T>(probe: () => T | Promise<T>) =>
  expect.poll(probe, { interval: 10, timeout: 20_000 })
