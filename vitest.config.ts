import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.{unit,int,e2e,fault}.test.ts'],
    reporters: ['default', './test/support/left-out-reporter.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // A fork a file: the local host patches `require` for its whole process, and a crash must not take others along.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
