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

/** The folder outside of the home that belongs to a server folder, by its path. */
export function outsideFolder(serverFolder: string): string {
  const hash = createHash('sha256').update(realpathSync(serverFolder)).digest('hex').slice(0, 16)
  return join(REACHABLE_FOLDER, `${PREFIX}${hash}`)
}

/**
 * Makes the outside folder for the server's account alone, or checks that the one that is there is its own: everybody
 * may write where it lies.
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

/** Notes whose data it is; that of temporary folders may go when they are gone. */
export function noteOwner(folder: string, serverFolder: string): void {
  const path = realpathSync(serverFolder)
  const throwaway = path.startsWith(realpathSync(tmpdir()) + sep)
  writeFileSync(join(folder, OWNER_FILE_NAME), JSON.stringify({ serverFolder: path, throwaway }), {
    mode: 0o600,
  })
}

/**
 * Removes data of homes in the temporary folder that were removed without it. Data of any other home stays, also when
 * that is not there: it may lie on a disk that is not mounted now.
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
