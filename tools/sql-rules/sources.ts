import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { owners, readFunctions, readMigrations } from '../../database/index.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** A text that holds SQL, without its comments. */
export interface SqlSource {
  /** `event-store/0001_log` or `event-store/append` for an SQL file, the path for a TypeScript file. */
  readonly name: string
  /** The folder that it belongs to: an owner of schemas, or another folder of shared/ or functions/. */
  readonly owner: string
  readonly kind: 'migration' | 'function' | 'typescript'
  readonly text: string
  /** All lines, including comments. */
  readonly lines: readonly string[]
}

/** The owner of the tables that record the migrations. No migration creates them. */
export const RECORD_OWNER = 'database'

/** All SQL of the product: the SQL files of every owner, and the TypeScript files of shared/, functions/, database/. */
export async function readSources(): Promise<SqlSource[]> {
  const all = owners()
  const migrations = await readMigrations(all)
  const functions = await readFunctions(all)
  const sources: SqlSource[] = [
    ...migrations.flatMap(({ name, owner, upSql, downSql }) =>
      [upSql, downSql].map((sql) => sqlSource(name, owner, 'migration', sql)),
    ),
    ...functions.map(({ name, owner, sql }) => sqlSource(name, owner, 'function', sql)),
  ]
  for await (const path of glob('{shared,functions,database}/**/*.ts', { cwd: repository })) {
    const name = path.replaceAll('\\', '/')
    const [root = '', folder = ''] = name.split('/')
    sources.push(
      typescriptSource(
        name,
        root === 'database' ? RECORD_OWNER : folder,
        await readFile(join(repository, name), 'utf8'),
      ),
    )
  }
  return sources
}

export const sqlSource = (
  name: string,
  owner: string,
  kind: 'migration' | 'function',
  sql: string,
): SqlSource => ({ name, owner, kind, text: sql.replaceAll(/--[^\n]*/g, ''), lines: sql.split('\n') })

/** In this project nearly all comments stand on separate lines, and a few at the end of a line. */
export const typescriptSource = (name: string, owner: string, text: string): SqlSource => ({
  name,
  owner,
  kind: 'typescript',
  text: text.replaceAll(/^\s*(?:\/?\*|\/\/)[^\n]*|\s\/\/ [^\n]*/gm, ''),
  lines: [],
})
