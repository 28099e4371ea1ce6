import { defineConfig } from 'vitest/config'

/** Tests without servers: also for systems that no PostgreSQL is started on (`npx vitest run --config`). */
export default defineConfig({
  test: { include: ['test/**/*.unit.test.ts'], testTimeout: 30_000 },
})
