/**
 * Rows are read by the names of their columns, and a statement names each column that it gives. A program that reads a row
 * by place, or asks for `*`, takes one column for another as soon as the database of the next version has one more.
 *
 * Looks at everything of shared/ and functions/, and elsewhere at the files that work with shared/postgres. The types hold
 * most of it already: a row of `Database` has no places. Texts of SQL and rows of another kind have no such types.
 */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))
const FILES = '{functions,shared,database,local,cli,bench,soak,attack,examples,infra}/**/*.{ts,mts}'

/** The one file that is given rows as arrays by the driver, and the one that gives them names. */
const AT_THE_DRIVER = new Set(['shared/postgres/pool.ts', 'shared/postgres/columns.ts'])

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
  /** 1 for the first. */
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
  for await (const path of glob(FILES, { cwd: repository })) {
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
