import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CommandFailure } from '../frame/index.ts'

/** Where a row stands. Some mappings need it, for example to make an id. */
export interface RowPlace {
  /** Number of the row, from 1; blank lines and the CSV header are not counted. */
  readonly row: number
  /** Line where it begins, from 1. */
  readonly line: number
}

/** Turns rows into events, with a module that the user wrote. */
export interface Mapping {
  readonly apply: (row: unknown, place: RowPlace) => unknown
  /** Made of the mapping's text and of its environment variables. It changes when one of these changes. */
  readonly hash: string
}

/** The environment variables of mappings begin with this. Changing such a variable changes the mapping. */
export const MAPPING_VARIABLE_PREFIX = 'TRICKLE_MAP_'

/**
 * Loads a mapping: a module whose default export is `(row, { row, line }) => event | event[] | null`.
 * @throws CommandFailure MAPPING_INVALID
 */
export async function loadMapping(file: string): Promise<Mapping> {
  const path = resolve(file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandFailure('MAPPING_INVALID', `The mapping ${file} can't be read.`, { cause: error })
  }
  let exported: unknown
  try {
    const loaded: unknown = await import(pathToFileURL(path).href)
    exported =
      typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined
  } catch (error) {
    throw new CommandFailure(
      'MAPPING_INVALID',
      `The mapping ${file} can't be loaded: ${wordsOf(error, path)}.`,
      {
        cause: error,
      },
    )
  }
  if (typeof exported !== 'function') {
    throw new CommandFailure(
      'MAPPING_INVALID',
      `The mapping ${file} has no default export that is a function: export default (row) => ({ streamId, id, type, time, data }).`,
    )
  }
  return {
    apply: exported as Mapping['apply'],
    hash: createHash('sha256').update(text).update('\0').update(settingsText()).digest('hex'),
  }
}

/** The first line of an error's text, and the module's line that caused it, if it is known. */
function wordsOf(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error)
  const line = error instanceof SyntaxError ? lineOfSyntaxError(path) : lineOfThrow(error, path)
  return `${error.message.split('\n')[0] ?? ''}${line === undefined ? '' : ` (line ${line})`}`
}

/** Longer than parsing a module takes. A hanging process must not stop the command. */
const CHECK_TIMEOUT_MS = 10_000

/** Importing a module with a syntax error does not say where the error is. `node --check` does. */
function lineOfSyntaxError(path: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', path], {
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
  })
  const after = stderr.split(`${path}:`)[1] ?? ''
  return /^\d+/u.exec(after)?.[0]
}

function lineOfThrow(error: Error, path: string): string | undefined {
  const after = (error.stack ?? '').split(`${pathToFileURL(path).href}:`)[1] ?? ''
  return /^\d+/u.exec(after)?.[0]
}

function settingsText(): string {
  return Object.entries(process.env)
    .filter(([name]) => name.startsWith(MAPPING_VARIABLE_PREFIX))
    .map(([name, value]) => `${name}=${value ?? ''}`)
    .sort()
    .join('\n')
}
