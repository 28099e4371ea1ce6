/**
 * Checks the Bicep files of infra/ by the Bicep CLI that is on the path: build and lint with infra/bicepconfig.json, and
 * each snapshot of infra/snapshots against what the CLI makes of it now. The rules are warnings, so that none ends a
 * user's `azd up`; here a warning fails. Without a CLI it fails and says how to get one: a check that passes without
 * checking is worse than none.
 */
import { execFile } from 'node:child_process'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assumed, findBicep, findProgram, HOW_TO_GET } from './bicep-cli/index.ts'
import { compilerOf } from './snapshots/index.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

/** Long, since the first run of `az bicep` downloads the CLI. Checking a file takes far less. */
const COMMAND_TIMEOUT_MS = 300_000

/** Larger than all diagnostics of a large template, and than the compiled template on standard output. */
const OUTPUT_BYTES_MAX = 33_554_432

/** How the CLI marks what it objects to: `main.bicep(3,7) : Warning no-unused-params: ...`. */
const OBJECTION = /\) : (?:Error|Warning) /

export interface BicepCheck {
  readonly isClean: boolean
  /** Which program has checked, and each diagnostic once. */
  readonly lines: readonly string[]
}

export interface BicepPlaces {
  /** The folder with the Bicep files, `main.bicep` among them. */
  readonly folder: string
  /** Folders of programs, in the form of the variable PATH. */
  readonly path: string
}

/** Checks all Bicep files of a folder, and their snapshots, with the first CLI that is available. */
export async function checkBicep(places: BicepPlaces): Promise<BicepCheck> {
  const files = await filesToCompile(places.folder)
  if (files.length === 0) return { isClean: false, lines: [`There are no Bicep files in ${places.folder}.`] }
  const cli = findCli(places.path)
  if (cli === undefined) return { isClean: false, lines: HOW_TO_GET }
  const compiled = await checkByCli(cli, files)
  if (!compiled.isClean || cli.name !== 'bicep') return compiled
  const compared = await compareSnapshots(cli, places.folder)
  return { isClean: compared.isClean, lines: [...compiled.lines, ...compared.lines] }
}

/** The program, and the arguments that it takes. */
interface Cli {
  readonly file: string
  readonly name: 'bicep' | 'az bicep'
  argumentsOf(action: 'build' | 'lint', file: string): string[]
}

function findCli(path: string): Cli | undefined {
  const bicep = findBicep(path)
  if (bicep !== undefined) {
    return { file: bicep, name: 'bicep', argumentsOf: (action, file) => [action, file, ...quiet(action)] }
  }
  const az = findProgram(path, 'az')
  if (az === undefined) return undefined
  return {
    file: az,
    name: 'az bicep',
    argumentsOf: (action, file) => ['bicep', action, '--file', file, ...quiet(action)],
  }
}

/** Without this, the compiled template would be written next to the source. */
const quiet = (action: 'build' | 'lint'): string[] => (action === 'build' ? ['--stdout'] : [])

async function checkByCli(cli: Cli, files: readonly string[]): Promise<BicepCheck> {
  const found = new Set<string>()
  let isClean = true
  for (const file of files) {
    for (const action of ['build', 'lint'] as const) {
      const { code, diagnostics } = await run(cli.file, cli.argumentsOf(action, file))
      const objections = linesOf(diagnostics).filter((line) => OBJECTION.test(line))
      if (code === 0 && objections.length === 0) continue
      isClean = false
      // A command without such a line has failed for another reason, so its whole output is shown.
      for (const line of objections.length > 0 ? objections : linesOf(diagnostics)) found.add(line)
    }
  }
  const checked = `${files.length} files with their modules checked, by ${cli.name} (${cli.file})`
  return { isClean, lines: [checked, ...found] }
}

/**
 * Makes each snapshot in memory and compares it with the committed one: by resource and property, whatever their order.
 * Only the version that has made them can say what has changed by the template.
 */
async function compareSnapshots(cli: Cli, folder: string): Promise<BicepCheck> {
  const madeBy = await compilerOf(folder)
  const version = /\bversion (\S+)/.exec((await run(cli.file, ['--version'])).output)?.[1]
  if (madeBy !== undefined && madeBy !== version)
    return { isClean: true, lines: [`snapshots not compared: made by ${madeBy}, and this is ${version}`] }
  const given = Object.entries({
    '--subscription-id': assumed.subscriptionId,
    '--tenant-id': assumed.tenantId,
    '--location': assumed.location,
    '--deployment-name': assumed.deploymentName,
  }).flat()
  const lines: string[] = []
  let count = 0
  for await (const file of glob('snapshots/*.bicepparam', { cwd: folder })) {
    count += 1
    const { code, output } = await run(cli.file, [
      'snapshot',
      join(folder, file),
      '--mode',
      'validate',
      ...given,
    ])
    if (code !== 0) lines.push(`${file} makes another snapshot. Run: npm run generate`, ...linesOf(output))
  }
  return { isClean: lines.length === 0, lines: [`${count} snapshots compared`, ...lines] }
}

/** The files that no other file includes. A module is checked together with the file that includes it. */
async function filesToCompile(folder: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob('**/*.bicep', { cwd: folder })) files.push(join(folder, file))
  const included = new Set<string>()
  for (const file of files) {
    for (const [, path = ''] of (await readFile(file, 'utf8')).matchAll(
      /'((?:[^'\s$]+\/)?[^'\s/$]+\.bicep)'/g,
    ))
      included.add(join(dirname(file), path))
  }
  return files.filter((file) => !included.has(file)).toSorted()
}

interface Ended {
  readonly code: number
  /** Standard error. The CLI writes its diagnostics there. */
  readonly diagnostics: string
  readonly output: string
}

function run(file: string, given: readonly string[]): Promise<Ended> {
  const options = {
    timeout: COMMAND_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
    // Windows can start .cmd files (az) only through a shell.
    shell: file.endsWith('.cmd'),
  }
  return new Promise((resolve) => {
    execFile(file, given, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      const reason = error !== null && typeof error.code !== 'number' ? `${error.message}\n` : ''
      resolve({ code, diagnostics: stderr + reason, output: stdout + stderr + reason })
    })
  })
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { isClean, lines } = await checkBicep({
    folder: join(repository, 'infra'),
    path: process.env['PATH'] ?? '',
  })
  for (const line of lines) console.log(line.replaceAll(repository, ''))
  console.log(isClean ? 'Bicep: clean' : 'Bicep: not clean')
  process.exitCode = isClean ? 0 : 1
}
