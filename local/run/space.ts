import { existsSync } from 'node:fs'
import { LocalFailure } from '../failure/index.ts'
import { freeBytes } from '../folder/index.ts'
import type { Home } from './home.ts'

const MEBIBYTE = 1024 * 1024

/** A new home takes 70 MiB (a database cluster with its first WAL segments, the bundle). The rest is for events. */
const NEW_HOME_BYTES = 128 * MEBIBYTE

/** Two WAL segments of PostgreSQL. With less space the next checkpoint may fail. */
const USED_HOME_BYTES = 32 * MEBIBYTE

/**
 * Checks that there is enough disk space for a start. Servers on a full disk fail in ways that look like damaged data.
 * @throws LocalFailure DISK_FULL
 */
export function assertSpace(home: Home): void {
  const needed = existsSync(home.postgres) ? USED_HOME_BYTES : NEW_HOME_BYTES
  if (freeBytes(home.folder) < needed) throw diskFull(home, needed)
}

function diskFull(home: Home, needed: number, cause?: unknown): LocalFailure {
  const free = Math.floor(freeBytes(home.folder) / MEBIBYTE)
  const consequence = cause instanceof Error ? ` It began with: ${cause.message}` : ''
  return new LocalFailure({
    code: 'DISK_FULL',
    what: `The disk is full: ${free} MiB are free, ${needed / MEBIBYTE} MiB are needed.${consequence}`,
    where: home.folder,
    mend: 'Free some space there, or use a folder on another disk with --home DIR.',
    cause,
  })
}

/** The failure of a start. If the disk is full, this is a DISK_FULL failure instead of the original error. */
export function explainBySpace(home: Home, error: unknown): unknown {
  const told = error instanceof LocalFailure && error.code === 'DISK_FULL'
  return told || freeBytes(home.folder) >= USED_HOME_BYTES ? error : diskFull(home, USED_HOME_BYTES, error)
}
