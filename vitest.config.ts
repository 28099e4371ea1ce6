import { defineConfig } from 'vitest/config'
import LongestFirst from './test/support/longest-first.ts'

/** Only to end what hangs: a test that takes seconds on a quiet machine takes ten times as long on a busy one. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000 }

/** For files with servers. A fork each: the local host patches `require` for its whole process, and a crash must not take others along. */
export const withServers = {
  ...patience,
  pool: 'forks' as const,
  isolate: true,
  globalSetup: 'test/support/global-setup.ts',
}

/** For files without servers. Loading the code costs them more than running it, so they share processes. */
export const withoutServers = {
  ...patience,
  pool: 'forks' as const,
  isolate: false,
  include: ['test/**/*.unit.test.ts'],
}

export default defineConfig({
  test: {
    reporters: ['default', './test/support/left-out-reporter.ts'],
    // Tests wait as long as they compute (for starts, ends and timers), so three keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...withServers,
          name: 'services',
          include: ['test/**/*.{int,e2e,fault}.test.ts'],
        },
      },
      { test: { ...withoutServers, name: 'unit' } },
    ],
  },
})
