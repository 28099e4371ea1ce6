import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileFailure, LocalFailure } from '../failure/index.ts'
import type { Placement } from './placement.ts'

/**
 * Looks at a data folder before a server is started on it.
 * @returns whether it has to be initialised first (it is missing, or empty)
 * @throws LocalFailure DATA_FOLDER_BROKEN, DATA_FOLDER_OTHER_VERSION, PERMISSION_MISSING: existing data is never
 *   replaced, even if it cannot be used
 */
export function needsInitialising(placement: Placement): boolean {
  const { dataFolder } = placement
  if (!existsSync(dataFolder)) return true
  let names: string[]
  try {
    names = readdirSync(dataFolder)
  } catch (error) {
    throw fileFailure(error, dataFolder) ?? error
  }
  if (names.length === 0) {
    rmSync(dataFolder, { recursive: true })
    return true
  }
  assertOwner(placement)
  const versionFile = join(dataFolder, 'PG_VERSION')
  if (!names.includes('PG_VERSION'))
    throw broken('The PostgreSQL data folder has no PG_VERSION file.', versionFile)
  const version = readVersion(versionFile)
  if (version !== String(placement.version)) {
    throw new LocalFailure({
      code: 'DATA_FOLDER_OTHER_VERSION',
      what: `The data was made by PostgreSQL "${version.slice(0, 20)}", but version ${placement.version} is to run.`,
      where: versionFile,
      mend: 'Use the version that made it, or give up its events and start with an empty one by --fresh.',
    })
  }
  if (!existsSync(placement.passwordFile)) {
    throw broken("The administrator's password of the PostgreSQL data is missing.", placement.passwordFile)
  }
  return false
}

function assertOwner(placement: Placement): void {
  const expected = placement.account?.uid ?? process.getuid?.()
  const actual = statSync(placement.dataFolder).uid
  if (expected === undefined || actual === expected) return
  const owner = placement.account?.name ?? `uid ${expected}`
  throw new LocalFailure({
    code: 'PERMISSION_MISSING',
    what: `PostgreSQL's data belongs to uid ${actual}, but the server would run as ${owner}.`,
    where: placement.dataFolder,
    mend: `Start under the account it belongs to, or give it over: chown -R ${placement.account?.name ?? expected} ${placement.dataFolder}`,
  })
}

function broken(what: string, where: string): LocalFailure {
  return new LocalFailure({
    code: 'DATA_FOLDER_BROKEN',
    what,
    where,
    mend: 'Restore it from a copy, or give up its events and start with an empty one by --fresh (clears analytics and storage too).',
  })
}

function readVersion(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw fileFailure(error, file) ?? error
  }
}
