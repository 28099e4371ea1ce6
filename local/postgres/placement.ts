import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import { makeFolder } from '../folder/index.ts'
import { canEnter, canRun, closedFolder, serverAccount } from './account.ts'
import type { ServerAccount } from './account.ts'
import { checkBinaries, programPath } from './binaries.ts'
import type { Binaries, PostgresVersion } from './binaries.ts'
import { makeOutsideFolder, noteOwner, outsideFolder, sweepOutside } from './outside.ts'
import { reachableBinaries } from './reachable-copy.ts'

/**
 * Where all files of one PostgreSQL server are. The account that runs `npm start` owns the server's folder, which holds
 * the administrator's password and the log. When root starts the run, PostgreSQL runs under another account. The data
 * is in the server's folder only if that account can reach it.
 */
export interface Placement {
  readonly version: PostgresVersion
  readonly binaries: Binaries
  readonly account: ServerAccount | undefined
  readonly dataFolder: string
  readonly passwordFile: string
  readonly logFile: string
  /** Sentences that a person should read about the placement. */
  readonly notices: readonly string[]
}

const locationSchema = z.object({ dataFolder: z.string() })

/** Others may pass through but not look around: the account has to reach the data inside. */
const PASSABLE_MODE = 0o711

/**
 * Decides where a server's programs and data are, and makes the folders. When root starts the run, the server runs
 * under an unprivileged account. What that account cannot reach is put into a folder that it can reach, for good.
 * @throws LocalFailure INSTALLATION_INCOMPLETE, PERMISSION_MISSING, DISK_FULL, NOT_A_HOME
 */
export function placeServer(serverFolder: string, version: PostgresVersion): Placement {
  const installed = checkBinaries(version)
  const account = serverAccount()
  makeFolder(serverFolder, account ? PASSABLE_MODE : 0o700)
  const files = {
    version,
    account,
    passwordFile: join(serverFolder, 'password'),
    logFile: join(serverFolder, 'postgres.log'),
  }
  if (!account) return { ...files, binaries: installed, dataFolder: join(serverFolder, 'data'), notices: [] }
  const notices = [`Started by root, PostgreSQL runs under the account "${account.name}".`]
  let binaries = installed
  if (!canRun(account, programPath(installed, 'postgres'))) {
    binaries = reachableBinaries(installed)
    notices.push(`Its programs run from ${binaries.folder}, since that account cannot reach node_modules.`)
  }
  const placed = placeForAccount(serverFolder, account)
  if (placed.notice !== undefined) notices.push(placed.notice)
  return { ...files, binaries, dataFolder: placed.dataFolder, notices }
}

/** The data folder for a server that runs under a different account than the one that starts it. */
function placeForAccount(
  serverFolder: string,
  account: ServerAccount,
): { dataFolder: string; notice?: string } {
  const inside = join(serverFolder, 'data')
  const locationFile = join(serverFolder, 'location.json')
  const remembered = rememberedDataFolder(locationFile)
  const closed = (): string => closedFolder(serverFolder) ?? serverFolder
  if (remembered !== undefined) {
    makeOutsideFolder(dirname(remembered), account)
    return { dataFolder: remembered, notice: `PostgreSQL's data is in ${remembered}.` }
  }
  if (canEnter(account, serverFolder)) return { dataFolder: inside }
  if (existsSync(inside)) {
    throw new LocalFailure({
      code: 'PERMISSION_MISSING',
      what: `The account "${account.name}", which PostgreSQL runs under, cannot reach its data any more.`,
      where: closed(),
      mend: `Open the way again: chmod o+x ${closed()}`,
    })
  }
  const outside = outsideFolder(serverFolder)
  // There is no location file, so an outside folder is left over from a home that was removed with its password.
  rmSync(outside, { recursive: true, force: true })
  sweepOutside()
  makeOutsideFolder(outside, account)
  noteOwner(outside, serverFolder)
  const dataFolder = join(outside, 'data')
  writeFileSync(locationFile, JSON.stringify({ dataFolder }), { mode: 0o600 })
  return {
    dataFolder,
    notice: `PostgreSQL's data is in ${dataFolder}, since that account cannot enter ${closed()}.`,
  }
}

function rememberedDataFolder(locationFile: string): string | undefined {
  if (!existsSync(locationFile)) return undefined
  return locationSchema.parse(JSON.parse(readFileSync(locationFile, 'utf8'))).dataFolder
}

/** Where a server's data is if it is outside of its folder, otherwise undefined. Makes and checks nothing. */
export function placedData(serverFolder: string): string | undefined {
  return rememberedDataFolder(join(serverFolder, 'location.json'))
}
