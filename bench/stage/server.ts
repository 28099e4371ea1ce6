import { startMigratedServer } from '../../local/migrated-server/index.ts'
import type { MigratedServer } from '../../local/migrated-server/index.ts'

export type BenchServer = MigratedServer

/**
 * Starts a server for this run. It is durable (fsync on): otherwise a commit costs nothing, and every ratio shows only
 * the work of the statements.
 * @param settings in addition to the settings table of local/postgres.
 */
export const startBenchServer = (settings: Readonly<Record<string, string>> = {}): Promise<BenchServer> =>
  startMigratedServer({ durable: true, settings })
