import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import { makeFolder } from '../folder/index.ts'
import type { ServerAccount } from './account.ts'
import { processesIn } from './leftover.ts'
import { REACHABLE_FOLDER } from './reachable-copy.ts'

const PREFIX = 'trickle-'
const OWNER_FILE_NAME = 'belongs-to.json'
const ownerSchema = z.object({ serverFolder: z.string(), throwaway: z.boolean() })

/** The folder outside of the home that belongs to a server folder. Its name comes from the server folder's path. */
export function outsideFolder(serverFolder: string): string {
  const hash = createHash('sha256').update(realpathSync(serverFolder)).digest('hex').slice(0, 16)
  return join(REACHABLE_FOLDER, `${PREFIX}${hash}`)
}

/**
 * Makes the outside folder for the server's account alone, or checks the owner of an existing one. Every account may
 * write to the folder above it, so another account could have made it.
 * @throws LocalFailure PERMISSION_MISSING
 */
export function makeOutsideFolder(folder: string, account: ServerAccount): void {
  makeFolder(folder, 0o700)
  const facts = lstatSync(folder)
  if (!facts.isDirectory() || (facts.uid !== account.uid && facts.uid !== process.getuid?.())) {
    throw new LocalFailure({
      code: 'PERMISSION_MISSING',
      what: `The folder for PostgreSQL's data exists and belongs to another account (uid ${facts.uid}).`,
      where: folder,
      mend: 'Find out whose it is; when nobody needs it, remove it.',
    })
  }
  chownSync(folder, account.uid, account.gid)
  chmodSync(folder, 0o700)
}

/** Writes down which server folder the data belongs to. If that was a temporary folder and is gone, the data may go. */
export function noteOwner(folder: string, serverFolder: string): void {
  const path = realpathSync(serverFolder)
  const throwaway = path.startsWith(realpathSync(tmpdir()) + sep)
  writeFileSync(join(folder, OWNER_FILE_NAME), JSON.stringify({ serverFolder: path, throwaway }), {
    mode: 0o600,
  })
}

/**
 * Removes outside data whose home was in the temporary folder and does not exist now. The data of any other home stays,
 * even if the home cannot be found: it may be on a disk that is not mounted now.
 */
export function sweepOutside(): void {
  for (const name of readdirSync(REACHABLE_FOLDER)) {
    const folder = join(REACHABLE_FOLDER, name)
    if (!name.startsWith(PREFIX) || !lstatSync(folder).isDirectory() || !isAbandoned(folder)) continue
    rmSync(folder, { recursive: true, force: true })
  }
}

function isAbandoned(folder: string): boolean {
  const file = join(folder, OWNER_FILE_NAME)
  if (!existsSync(file)) return false
  const owner = ownerSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (!owner.success || !owner.data.throwaway || existsSync(owner.data.serverFolder)) return false
  const data = join(folder, 'data')
  return !existsSync(data) || processesIn(data).length === 0
}
