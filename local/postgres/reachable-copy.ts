import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileFailure, LocalFailure, systemCode } from '../failure/index.ts'
import type { Binaries } from './binaries.ts'

/** A folder that every account can enter. Its files survive a restart of the machine (unlike /tmp on many systems). */
export const REACHABLE_FOLDER = '/var/tmp'

/**
 * The binaries in a folder that every account can reach; copied there once for each version. The copy is made under
 * another name and renamed at the end, so that an incomplete copy is never used.
 * @throws LocalFailure PERMISSION_MISSING, DISK_FULL
 */
export function reachableBinaries(installed: Binaries): Binaries {
  const folder = join(REACHABLE_FOLDER, `trickle-postgres-${installed.packageVersion}-${process.arch}`)
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`
    try {
      cpSync(installed.folder, unfinished, { recursive: true, verbatimSymlinks: true })
      openForReading(unfinished)
      renameSync(unfinished, folder)
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true })
      // Another start finished the same copy first. That copy is used.
      const finishedByAnother = systemCode(error) === 'ENOTEMPTY' || systemCode(error) === 'EEXIST'
      if (!finishedByAnother) throw fileFailure(error, REACHABLE_FOLDER) ?? error
    }
  }
  assertOurs(folder)
  return { ...installed, folder }
}

/** Makes the copy readable for all and writable for its owner only. The originals may be closed by a umask of 077. */
function openForReading(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openForReading(path)
    else if (entry.isFile()) chmodSync(path, folder.endsWith('/bin') ? 0o755 : 0o644)
  }
}

/** Everybody may write to the folder above, so another account could have put programs there that root would start. */
function assertOurs(folder: string): void {
  const facts = lstatSync(folder)
  const writableByOthers = 0o022
  if (facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & writableByOthers) === 0) return
  throw new LocalFailure({
    code: 'PERMISSION_MISSING',
    what: 'The folder for the copy of the PostgreSQL programs belongs to another account, or others may write there.',
    where: folder,
    mend: 'Find out whose it is; when nobody needs it, remove it.',
  })
}
