import { defineConfig } from 'vitest/config'
import { withoutServers } from './vitest.config.ts'

/** Tests without servers: also for systems that no PostgreSQL is started on (`npx vitest run --config`). */
export default defineConfig({ test: withoutServers })
