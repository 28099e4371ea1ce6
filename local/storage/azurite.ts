import { accessSync, constants, mkdirSync } from 'node:fs'
import { LocalFailure, fileFailure, systemCode } from '../failure/index.ts'
import { portTaken } from '../ports/index.ts'
import { accountKeyOf, ACCOUNT_NAME, storageFacts } from './account.ts'
import type { StorageFacts } from './account.ts'
import { startAzurite } from './azurite-server.ts'
import type { AzuriteService, RunningAzurite } from './azurite-server.ts'
import { holdFolder } from './folder-lock.ts'

export interface AzuriteOptions {
  readonly dataFolder: string
  /** 0 picks a free port. */
  readonly blobPort: number
  readonly queuePort: number
}

/**
 * Runs blob and queue storage in this process.
 * @throws LocalFailure PORT_TAKEN, DATA_FOLDER_IN_USE, DATA_FOLDER_BROKEN, PERMISSION_MISSING, DISK_FULL, NOT_A_HOME
 */
export async function runAzurite(
  options: AzuriteOptions,
): Promise<{ facts: StorageFacts; stop: () => Promise<void> }> {
  prepareFolder(options.dataFolder)
  const hold = holdFolder(options.dataFolder, 'storage')
  const started: RunningAzurite[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.close()))
    hold.release()
  }
  try {
    const accountKey = accountKeyOf(options.dataFolder)
    process.env['AZURITE_ACCOUNTS'] = `${ACCOUNT_NAME}:${accountKey}`
    const blob = await startService('blob', options.dataFolder, options.blobPort)
    started.push(blob)
    const queue = await startService('queue', options.dataFolder, options.queuePort)
    started.push(queue)
    return { facts: storageFacts(blob.origin, queue.origin, accountKey), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function prepareFolder(dataFolder: string): void {
  try {
    mkdirSync(dataFolder, { recursive: true })
    accessSync(dataFolder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw fileFailure(error, dataFolder) ?? error
  }
}

async function startService(
  service: AzuriteService,
  dataFolder: string,
  port: number,
): Promise<RunningAzurite> {
  try {
    return await startAzurite(service, dataFolder, port)
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE')
      throw portTaken(port, `storage (${service}s)`, `--${service}-port`)
    const known = fileFailure(error, dataFolder)
    if (known !== undefined) throw known
    throw new LocalFailure({
      code: 'DATA_FOLDER_BROKEN',
      what: `The ${service} storage does not start: ${error instanceof Error ? error.message : String(error)}.`,
      where: dataFolder,
      mend: 'Start with --fresh to clear the local data.',
      cause: error,
    })
  }
}
