import { defineConfig } from 'vitest/config'
import { withServers } from './vitest.config.ts'

/**
 * Tests that run the benchmarks in their short form: whether they measure, not whether the product works. They take as
 * long as a tenth of all others, so they are run in `.ci/run` (`npm run test:measure`) and not by `npm test`.
 */
export default defineConfig({
  test: { ...withServers, maxWorkers: 1, include: ['test/**/*.measure.test.ts'] },
})
