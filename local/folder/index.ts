/**
 * Makes folders of the local run and measures free space. A failure tells the true reason.
 *
 * It must not remove anything.
 */
import { chmodSync, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileFailure, systemCode } from '../failure/index.ts'

/**
 * Makes a folder and the missing folders above it. Each folder that is made gets exactly this mode. They are made one
 * by one, since Node's recursive mkdir reports a read-only file system as "no such file".
 * @throws LocalFailure DISK_FULL, PERMISSION_MISSING, NOT_A_HOME
 */
export function makeFolder(path: string, mode: number): void {
  const missing: string[] = []
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  for (const folder of missing) makeOne(folder, mode)
  // The path exists already. If it is not a folder, makeOne throws the reason.
  if (missing.length === 0) makeOne(resolve(path), mode)
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder)
    // mkdir removes the bits of the umask from a mode. chmod sets exactly this mode.
    chmodSync(folder, mode)
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && isFolder(folder)) return
    throw fileFailure(error, folder) ?? error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Free bytes for ordinary accounts on the disk of a path. The path does not have to exist yet. */
export function freeBytes(path: string): number {
  let folder = resolve(path)
  while (!existsSync(folder)) folder = dirname(folder)
  const facts = statfsSync(folder)
  return facts.bavail * facts.bsize
}
