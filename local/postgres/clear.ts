import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clearLeftovers } from './leftover.ts'
import { placedData } from './placement.ts'

/**
 * Removes a server with all its data, inside its folder and outside of it. A server that still runs there is stopped
 * first. The caller must make sure that nobody starts a server there meanwhile (by the lock on the home, for example).
 * @throws LocalFailure STOP_FAILED
 */
export async function clearServer(serverFolder: string): Promise<void> {
  const outside = placedData(serverFolder)
  const dataFolder = outside ?? join(serverFolder, 'data')
  if (existsSync(dataFolder)) await clearLeftovers(dataFolder, true)
  if (outside !== undefined) rmSync(dirname(outside), { recursive: true, force: true })
  rmSync(serverFolder, { recursive: true, force: true })
}
