/**
 * Folders of the local run, made and measured so that the true reason of a trouble comes out.
 *
 * It must not remove anything.
 */
import { chmodSync, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileFailure, systemCode } from '../failure/index.ts'

/**
 * Makes a folder and those above it, each that is made here with exactly this mode. One by one, since Node's own
 * recursive way reports a read-only file system as "no such file".
 * @throws LocalFailure DISK_FULL, PERMISSION_MISSING, NOT_A_HOME
 */
export function makeFolder(path: string, mode: number): void {
  const missing: string[] = []
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  for (const folder of missing) makeOne(folder, mode)
  // Something is there already: fails with the reason when it is no folder.
  if (missing.length === 0) makeOne(resolve(path), mode)
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder)
    // The mode given to mkdir loses what the umask takes away; this one does not.
    chmodSync(folder, mode)
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && isFolder(folder)) return
    throw fileFailure(error, folder) ?? error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Free space for ordinary accounts on the disk of a path, which need not exist yet; in bytes. */
export function freeBytes(path: string): number {
  let folder = resolve(path)
  while (!existsSync(folder)) folder = dirname(folder)
  const facts = statfsSync(folder)
  return facts.bavail * facts.bsize
}
