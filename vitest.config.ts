import { defineConfig } from 'vitest/config'
import LongestFirst from './test/support/longest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.{unit,int,e2e,fault}.test.ts'],
    reporters: ['default', './test/support/left-out-reporter.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // A fork a file: the local host patches `require` for its whole process, and a crash must not take others along.
    pool: 'forks',
    // Tests wait as long as they compute (for starts, ends and timers), so three keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Only to end what hangs: a test that takes seconds on a quiet machine takes ten times as long on a busy one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
