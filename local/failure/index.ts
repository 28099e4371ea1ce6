/**
 * What can go wrong on the machine of a local run: a taken port, a full disk, a missing permission, a broken folder.
 *
 * Every part of the local run reports these through one class, so that the command line prints them all in the same
 * three lines. It must not be used for defects of the program: those keep their stack trace.
 */
import { MendableFailure } from '../../packages/mendable-failure/index.ts'

/** Stable names of what can go wrong; tests and `--json` output rely on them. */
export const LOCAL_FAILURE_CODES = [
  'ALREADY_RUNNING',
  'BUILD_FAILED',
  'DATA_FOLDER_BROKEN',
  'DATA_FOLDER_IN_USE',
  'DATA_FOLDER_OTHER_VERSION',
  'DISK_FULL',
  'INSTALLATION_INCOMPLETE',
  'INTERRUPTED',
  'MEMORY_SHORT',
  'NOT_A_HOME',
  'NOT_RUNNING',
  'PART_FAILED',
  'PERMISSION_MISSING',
  'PORT_TAKEN',
  'SERVER_UNREACHABLE',
  'SERVER_UNSUITABLE',
  'START_TOO_SLOW',
  'STOP_FAILED',
  'SERVER_FAILED',
] as const

export type LocalFailureCode = (typeof LOCAL_FAILURE_CODES)[number]

export class LocalFailure extends MendableFailure<LocalFailureCode> {
  override readonly name = 'LocalFailure'
}

/** The system's error code (`ENOENT`, `EACCES`, ...) of an error, or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (error === null || typeof error !== 'object' || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Turns the operating system's error about a file or folder into a failure that a person can mend. Returns undefined
 * for errors of other kinds; the caller then throws the error as it is.
 */
export function fileFailure(error: unknown, path: string): LocalFailure | undefined {
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LocalFailure({
      code: 'DISK_FULL',
      what: 'The disk is full.',
      where: path,
      mend: 'Free some space there, or use a folder on another disk with --home DIR.',
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new LocalFailure({
      code: 'PERMISSION_MISSING',
      what: code === 'EROFS' ? 'The file system is read-only.' : 'This account may not read or write here.',
      where: path,
      mend: 'Give this account the right to it (chown or chmod), or use another folder with --home DIR.',
      cause: error,
    })
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new LocalFailure({
      code: 'NOT_A_HOME',
      what: 'Something that is not a folder stands where a folder is needed.',
      where: path,
      mend: 'Move it away, or use another folder with --home DIR.',
      cause: error,
    })
  }
  return undefined
}
