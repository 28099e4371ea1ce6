import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Cleanup } from '../../local/process/index.ts'
import { startChild } from './child.ts'

const storageSchema = z.object({ connectionString: z.string() })
const analyticsSchema = z.object({ url: z.string(), database: z.string() })
const repository = fileURLToPath(new URL('../..', import.meta.url))

export interface AnalyticsPlace {
  readonly cleanup: Cleanup
  readonly scratchFolder: string
}

/** Starts the local replacement of the analytics service and its storage, for the real SDK. Null: not available. */
export async function startAnalytics(
  { cleanup, scratchFolder }: AnalyticsPlace,
  database: string,
): Promise<z.output<typeof analyticsSchema> | null> {
  if (!existsSync(join(repository, 'local/analytics/main.ts'))) return null
  const folder = (name: string): string => join(scratchFolder, `${name}-${Date.now()}`)
  const startingStorage = startChild({
    program: 'local/storage/main.ts',
    args: ['--data', folder('storage'), '--blob-port', '0', '--queue-port', '0'],
    factsSchema: storageSchema,
  })
  const storage = await cleanup.start(startingStorage, (started) => started.stop())
  const startingAnalytics = startChild({
    program: 'local/analytics/main.ts',
    args: ['--port', '0', '--data', folder('analytics'), '--kql', 'infra/kql', '--database', database],
    environment: { TRICKLE_LOCAL_STORAGE: storage.facts.connectionString },
    factsSchema: analyticsSchema,
  })
  const analytics = await cleanup.start(startingAnalytics, (started) => started.stop())
  return analytics.facts
}
