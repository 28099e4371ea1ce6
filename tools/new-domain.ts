/**
 * Begins a domain: copies examples/notes to functions/{plural} and its test to test/functions/{plural}, with other
 * names, and adds the context to functions/app.ts. `npm run new-domain -- memos memo`; docs/add-a-domain.md says how to
 * go on.
 */
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface DomainNames {
  /** Name of the folder, the schemas and the routes: `memos`. */
  readonly plural: string
  /** Name of one of them: `memo`. */
  readonly singular: string
}

/** One word, since names of schemas, routes and variables contain it. Short enough for the names of constraints. */
const NAME = /^[a-z]{2,30}$/

/** The folders that are copied, and their new places. */
const FOLDERS = [
  ['examples/notes', 'functions'],
  ['test/examples/notes', 'test/functions'],
] as const

/** Not copied: this page is about the example itself. */
const LEFT_OUT = new Set(['README.md'])

/**
 * @param repository holds the example, and gets the new domain
 * @returns the files that were made, and functions/app.ts
 * @throws Error for a name that is not valid, or a folder that already exists; nothing is changed then
 */
export async function newDomain(repository: string, names: DomainNames): Promise<string[]> {
  const { plural, singular } = names
  for (const name of [plural, singular]) {
    if (!NAME.test(name))
      throw new Error(`"${name}" is no name of a domain: it must be one word of 2 to 30 lower-case letters.`)
  }
  if (plural === singular) throw new Error(`Give two names: that of all of them, and that of one.`)
  for (const [, to] of FOLDERS) {
    if (await exists(join(repository, to, plural))) throw new Error(`${to}/${plural} is there already.`)
  }
  const made: string[] = []
  for (const [from, to] of FOLDERS) {
    for (const file of await filesIn(join(repository, from))) {
      const target = `${to}/${plural}/${renamed(file, names)}`
      const text = await readFile(join(repository, from, file), 'utf8')
      await mkdir(dirname(join(repository, target)), { recursive: true })
      await writeFile(
        join(repository, target),
        renamed(text.replaceAll('examples/notes', `functions/${plural}`), names),
      )
      made.push(target)
    }
  }
  await appendFile(
    join(repository, 'functions/app.ts'),
    `export { ${plural} } from './${plural}/context.ts'\n`,
  )
  return [...made, 'functions/app.ts']
}

/**
 * The example's text with other names. Each keeps the case of the name that it replaces. A capital S after small letters
 * begins the next word (`noteSchema`).
 */
function renamed(text: string, { plural, singular }: DomainNames): string {
  return text.replaceAll(/NOTES?|[Nn]otes?/g, (found) => {
    const name = found.length === 'notes'.length ? plural : singular
    if (found === found.toUpperCase()) return name.toUpperCase()
    return found.startsWith('N') ? name.charAt(0).toUpperCase() + name.slice(1) : name
  })
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !LEFT_OUT.has(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .toSorted()
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [plural = '', singular = ''] = process.argv.slice(2)
  try {
    const made = await newDomain(fileURLToPath(new URL('..', import.meta.url)), { plural, singular })
    console.log(`${made.map((file) => `written: ${file}`).join('\n')}\nNow: npm run generate`)
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nUse: npm run new-domain -- memos memo`,
    )
    process.exitCode = 1
  }
}
