import { startMigratedServer } from '../../local/migrated-server/index.ts'
import type { MigratedServer } from '../../local/migrated-server/index.ts'

export type BenchServer = MigratedServer

/**
 * A server of the run's own. Durable (fsync on): without it a commit costs nothing and every ratio shifts towards the work
 * of statements.
 * @param settings on top of the settings table of local/postgres.
 */
export const startBenchServer = (settings: Readonly<Record<string, string>> = {}): Promise<BenchServer> =>
  startMigratedServer({ durable: true, settings })
