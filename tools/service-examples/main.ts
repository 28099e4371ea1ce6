import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { z } from 'zod'
import { signToken } from '../../local/issuer/index.ts'
import { homeAt } from '../../local/run/index.ts'
import { ExampleFailure, isInstalled, programsOf, runExample } from './index.ts'
import type { Product } from './index.ts'

const USAGE = `node tools/service-examples/main.ts [--all]

Runs the programs of docs/call-from-your-service.md against a product that it starts for them and ends again.
  --all   a language that is not on this machine is a failure; without it, it is left out, and said to be`

const repository = fileURLToPath(new URL('../..', import.meta.url))
const page = join(repository, 'docs/call-from-your-service.md')
const statusSchema = z.looseObject({ url: z.string() })
/** Longer than the programs take, even if they must be compiled first. */
const TOKEN_SECONDS = 3_600

async function withProduct(work: (product: Product) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'trickle-examples-'))
  // If this process runs as root, PostgreSQL runs as another account, which must be able to enter the folder.
  await chmod(home, 0o711)
  const trickle = (...words: string[]) =>
    promisify(execFile)(process.execPath, ['cli/main.ts', ...words, '--home', home], { cwd: repository })
  const token = (...roles: string[]) =>
    signToken(homeAt(home).issuer, { roles, expiresInSeconds: TOKEN_SECONDS, subject: 'examples' })
  // If a signal ends this run, the product is stopped, too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      spawnSync(process.execPath, ['cli/main.ts', 'stop', '--home', home], { cwd: repository })
      process.exit(1)
    })
  }
  try {
    await trickle('start', '--port', '0', '--postgres-port', '0', '--detach')
    const { url } = statusSchema.parse(JSON.parse((await trickle('status', '--json')).stdout))
    await work({
      url,
      operatorToken: await token('operator'),
      serviceToken: await token('service', 'writer', 'reader'),
    })
  } finally {
    // If the product did not start, `stop` fails. This is ignored, so that the failure to start is reported.
    await trickle('stop').catch(() => {})
    await rm(home, { recursive: true, force: true })
  }
}

async function main(mustRunAll: boolean): Promise<void> {
  const programs = programsOf(await readFile(page, 'utf8'))
  const missing = programs.filter((program) => !isInstalled(program))
  for (const { language, command } of missing)
    console.log(`${language}: left out, since ${command} is not on this machine`)
  if (mustRunAll && missing.length > 0) throw new ExampleFailure('With --all each language must run.')
  await withProduct(async (product) => {
    for (const program of programs) {
      if (missing.includes(program)) continue
      await runExample(program, product)
      console.log(`${program.language}: appended once, handled once`)
    }
  })
}

const { values } = parseArgs({
  options: { all: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
if (values.help) console.log(USAGE)
else {
  try {
    await main(values.all)
  } catch (error) {
    console.error(error instanceof ExampleFailure ? error.message : error)
    process.exitCode = 1
  }
}
