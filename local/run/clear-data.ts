import { rmSync } from 'node:fs'
import { fileFailure } from '../failure/index.ts'
import { clearServer } from '../postgres/index.ts'
import type { Home } from './home.ts'

/**
 * Clears PostgreSQL, storage, analytics and Service Bus, always together. If only analytics were cleared, PostgreSQL's
 * checkpoint would still say that events were forwarded, and it would look as if they were lost. A command that is left in
 * a queue would be carried out on an empty database. Keys, passwords, ports and
 * unknown files stay.
 * @throws LocalFailure STOP_FAILED, PERMISSION_MISSING
 */
export async function clearData(home: Home): Promise<void> {
  await clearServer(home.postgres)
  for (const folder of [home.storage, home.analytics, home.serviceBus]) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch (error) {
      throw fileFailure(error, folder) ?? error
    }
  }
}
