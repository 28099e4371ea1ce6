/**
 * Checks which folder may import which: local, cli, test, bench, soak, attack, tools, examples -> database -> functions
 * -> shared. packages/ is independent and knows nothing of the product. A context of functions/ never imports another
 * context. A capability of shared/ is imported through its index.ts only, and code for tests through testing/index.ts.
 * Deployed code never imports code that is not deployed. The hooks of a deployment (infra/hooks) may import shared/,
 * database/ and packages/, and only their tests import them. Imports are found in the text with a regular expression,
 * since the formatter gives them all the same form.
 */
import { glob, readFile } from 'node:fs/promises'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))
const ROOTS = '{functions,shared,database,packages,local,cli,test,bench,soak,attack,tools,examples,infra}'

/** Static, re-exporting, dynamic and type-only imports of a relative path. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)['"](\.{1,2}\/[^'"]+)['"]/g

export interface Violation {
  readonly file: string
  readonly imports: string
  readonly rule: string
}

/** Checks one file's imports. `file` is relative to the repository, with forward slashes. */
export function violationsOf(file: string, text: string): Violation[] {
  const found: Violation[] = []
  for (const [, specifier = ''] of text.matchAll(IMPORT)) {
    const target = posix.normalize(posix.join(posix.dirname(file), specifier))
    const rule = brokenRule(file, target)
    if (rule !== undefined) found.push({ file, imports: target, rule })
  }
  return found
}

function brokenRule(file: string, target: string): string | undefined {
  const from = placeOf(file)
  const to = placeOf(target)
  if (to.root === 'infra' && to.folder === 'hooks' && !['infra', 'test'].includes(from.root))
    return 'infra/hooks is imported by its tests only'
  if (from.root === 'infra' && !isAllowedForHooks(to))
    return 'infra/hooks imports shared/, database/ and packages/ only'
  if (from.root === 'shared' && to.root !== 'shared' && to.root !== '') return 'shared/ imports shared/ only'
  if (from.root === 'functions' && !['functions', 'shared', ''].includes(to.root))
    return 'functions/ imports functions/ and shared/ only'
  if (from.root === 'database' && !['database', 'functions', 'shared', ''].includes(to.root))
    return 'database/ imports functions/ and shared/ only'
  if (from.root === 'packages' && to.root !== 'packages') return 'packages/ imports packages/ only'
  const isForeignPackage = to.root === 'packages' && !(from.root === 'packages' && from.folder === to.folder)
  if (isForeignPackage && to.rest !== 'index.ts' && from.root !== 'test')
    return 'a package is entered by its index.ts'
  if (from.root !== 'test' && to.root === 'test') return 'nothing imports test/'
  if (
    from.root === 'functions' &&
    to.root === 'functions' &&
    from.folder !== '' &&
    to.folder !== '' &&
    from.folder !== to.folder
  ) {
    return 'a context never imports another context'
  }
  const isTestingDoor = to.root === 'shared' && to.rest === 'testing/index.ts'
  if (isTestingDoor) {
    return ['test', 'bench', 'soak', 'examples'].includes(from.root)
      ? undefined
      : 'testing/ is for tests only'
  }
  const isForeignCapability = to.root === 'shared' && !(from.root === 'shared' && from.folder === to.folder)
  if (
    isForeignCapability &&
    to.rest !== 'index.ts' &&
    from.root !== 'test' &&
    !isAllowedPastTheDoor(target)
  ) {
    return 'a capability is entered by its index.ts'
  }
  return undefined
}

/** Hooks run from a checkout, on the machine that deploys. So they may use database/, which runs the migrations. */
const isAllowedForHooks = (to: Place): boolean =>
  ['infra', 'shared', 'packages'].includes(to.root) || (to.root === 'database' && to.rest === 'index.ts')

/** A chunk is imported directly, since index.ts must not load it. docs-assets.ts is the list that the build reads. */
const isAllowedPastTheDoor = (target: string): boolean =>
  target.endsWith('.chunk.ts') || target === 'shared/http/docs-assets.ts'

interface Place {
  readonly root: string
  readonly folder: string
  readonly rest: string
}

function placeOf(path: string): Place {
  const parts = path.split('/')
  if (parts.length < 2) return { root: '', folder: '', rest: path }
  const [root = '', folder = ''] = parts
  return parts.length === 2
    ? { root, folder: '', rest: folder }
    : { root, folder, rest: parts.slice(2).join('/') }
}

/** Every violation of the repository. */
export async function checkArchitecture(): Promise<Violation[]> {
  const found: Violation[] = []
  for await (const path of glob(`${ROOTS}/**/*.{ts,mts}`, {
    cwd: repository,
    exclude: ['**/node_modules'],
  })) {
    const file = path.replaceAll('\\', '/')
    found.push(...violationsOf(file, await readFile(join(repository, file), 'utf8')))
  }
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = await checkArchitecture()
  for (const { file, imports, rule } of violations) console.error(`${file} imports ${imports}: ${rule}`)
  console.log(
    violations.length === 0
      ? 'architecture: clean'
      : `architecture: ${violations.length} violations in ${relative(process.cwd(), dirname(repository))}`,
  )
  process.exitCode = violations.length === 0 ? 0 : 1
}
