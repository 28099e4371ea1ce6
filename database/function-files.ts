import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TrickleError } from '../shared/errors/index.ts'
import { checksumOf, sqlFiles } from './migration-files.ts'
import type { Owner } from './owners.ts'

const DEFINITION = /^create (?:or replace )?function\s+([a-z_]+\.[a-z0-9_]+)\s*\(/gm

/** One file of an owner's `sql/`: one function, or several of one name. */
export interface FunctionFile {
  /** Owner and function, such as `event-store/append`. */
  readonly name: string
  readonly owner: string
  readonly path: string
  /** The function's name in the database, such as `trickle_events_log.append`. */
  readonly functionName: string
  /** How many functions of this name the file makes; they differ in their arguments. */
  readonly definitions: number
  readonly sql: string
  /** SHA-256 of the file, as hex. */
  readonly checksum: string
}

/**
 * Reads the function files of all owners, in their order.
 * @throws TrickleError CONFIGURATION_INVALID for a file that does not make the function that it is named after.
 */
export async function readFunctions(owners: readonly Owner[]): Promise<FunctionFile[]> {
  const found: FunctionFile[] = []
  for (const { name: owner, folder } of owners) {
    for (const file of await sqlFiles(join(folder, 'sql'))) {
      const path = join(folder, 'sql', file)
      const sql = await readFile(path, 'utf8')
      const title = file.slice(0, -'.sql'.length)
      const checksum = checksumOf(sql)
      found.push({ name: `${owner}/${title}`, owner, path, ...definitionOf(path, title, sql), sql, checksum })
    }
  }
  return found
}

function definitionOf(
  path: string,
  title: string,
  sql: string,
): Pick<FunctionFile, 'functionName' | 'definitions'> {
  const all = [...sql.matchAll(DEFINITION)].map(([, name = '']) => name)
  const made = new Set(all)
  const [functionName = ''] = made
  if (made.size === 1 && functionName.endsWith(`.${title}`)) return { functionName, definitions: all.length }
  throw new TrickleError(
    'CONFIGURATION_INVALID',
    `${path} must make the function SCHEMA.${title} and no other; it makes ${made.size === 0 ? 'none' : [...made].join(', ')}. Name the file after its function, with the schema before the name.`,
  )
}
