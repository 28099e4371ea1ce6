import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TrickleError } from '../shared/errors/index.ts'
import type { Owner } from './owners.ts'

/** NNNN_name.up.sql / .down.sql; each owner has its own numbers. */
const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.(up|down)\.sql$/

export interface Migration {
  /** Owner and file, such as `event-store/0001_log`. */
  readonly name: string
  readonly owner: string
  readonly number: number
  /** The folder of the file. */
  readonly folder: string
  readonly upSql: string
  readonly downSql: string
  /** SHA-256 of the up file, as hex. */
  readonly checksum: string
}

/**
 * Reads the migrations of all owners: in the order of the owners, and by number within each.
 * @throws TrickleError CONFIGURATION_INVALID for a name of another form, a number used twice, or a missing up or down
 *   file.
 */
export async function readMigrations(owners: readonly Owner[]): Promise<Migration[]> {
  const found: Migration[] = []
  for (const owner of owners) found.push(...(await readOwner(owner)))
  return found
}

async function readOwner(owner: Owner): Promise<Migration[]> {
  const folder = join(owner.folder, 'migrations')
  const twins = new Map<string, { up?: string; down?: string; number: number }>()
  for (const file of await sqlFiles(folder)) {
    const match = FILE_NAME.exec(file)
    if (match === null)
      throw invalid(`${join(folder, file)} is not named NNNN_name.up.sql or NNNN_name.down.sql`)
    const [, number = '', title = '', direction] = match
    const name = `${owner.name}/${number}_${title}`
    const twin = twins.get(name) ?? { number: Number(number) }
    twins.set(name, direction === 'up' ? { ...twin, up: file } : { ...twin, down: file })
  }
  const files: Migration[] = []
  for (const [name, { up, down, number }] of twins) {
    if (up === undefined || down === undefined)
      throw invalid(`${name} lacks its ${up === undefined ? 'up' : 'down'} file`)
    const [upSql, downSql] = await Promise.all([
      readFile(join(folder, up), 'utf8'),
      readFile(join(folder, down), 'utf8'),
    ])
    files.push({ name, owner: owner.name, number, folder, upSql, downSql, checksum: checksumOf(upSql) })
  }
  files.sort((a, b) => a.number - b.number)
  const twice = files.find((file, index) => files[index + 1]?.number === file.number)
  if (twice !== undefined) throw invalid(`two migrations of ${owner.name} have the number of ${twice.name}`)
  return files
}

/** The names of a folder's SQL files, sorted; a folder that is not there has none. */
export async function sqlFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const invalid = (detail: string): TrickleError =>
  new TrickleError('CONFIGURATION_INVALID', `The migrations can't be read: ${detail}.`)
