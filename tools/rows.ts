/**
 * Checks that rows are read by the names of their columns, and that a statement names each column that it returns. When
 * the database of the next version gets a new column, a program that reads by position or with `*` would confuse
 * columns.
 *
 * Checks all files of shared/ and functions/, and elsewhere the files that import shared/postgres. Most of this is
 * already ensured by the types: a row of `Database` has no positions. But SQL texts and other rows have no such types.
 */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))
const FILES = '{functions,shared,database,local,cli,bench,soak,attack,examples,infra}/**/*.{ts,mts}'

/** The file that gets rows as arrays from the driver, and the file that gives them names. */
const AT_THE_DRIVER = new Set(['shared/postgres/send-statement.ts', 'shared/postgres/columns.ts'])

const WORKS_WITH_DATABASE = /\bfrom\s*'[^']*shared\/postgres\/index\.ts'/

const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:select|returning)\s+(?:\w+\.)?\*/gi, 'a statement names its columns'],
  [/\brow(?:\?\.)?\[/g, 'a row is read by the names of its columns'],
  [/\brow\??\.at\(/g, 'a row is read by the names of its columns'],
  [/\brows(?:\[[^\]]*\]|\.at\([^)]*\))(?:\?\.)?\[/g, 'a row is read by the names of its columns'],
  [/\browMode\b/g, 'rows have names'],
]

export interface PlaceOfRow {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly text: string
  readonly rule: string
}

/** Checks one file. `file` is relative to the repository, with forward slashes. */
export function placesOf(file: string, text: string): PlaceOfRow[] {
  const isProduct = file.startsWith('shared/') || file.startsWith('functions/')
  if (AT_THE_DRIVER.has(file) || !(isProduct || WORKS_WITH_DATABASE.test(text))) return []
  return RULES.flatMap(([pattern, rule]) =>
    [...text.matchAll(pattern)].map(({ 0: found, index }) => ({
      file,
      line: text.slice(0, index).split('\n').length,
      text: found,
      rule,
    })),
  )
}

/** Every violation of the repository. */
export async function checkRows(): Promise<PlaceOfRow[]> {
  const found: PlaceOfRow[] = []
  for await (const path of glob(FILES, { cwd: repository, exclude: ['**/node_modules'] })) {
    const file = path.replaceAll('\\', '/')
    found.push(...placesOf(file, await readFile(join(repository, file), 'utf8')))
  }
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const places = await checkRows()
  for (const { file, line, text, rule } of places) console.error(`${file}:${line} has "${text}": ${rule}`)
  console.log(places.length === 0 ? 'rows: clean' : `rows: ${places.length} read by place`)
  process.exitCode = places.length === 0 ? 0 : 1
}
