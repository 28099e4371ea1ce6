import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ExampleFailure, isInstalled, programsOf, runExample, withProduct } from './index.ts'

const USAGE = `node tools/service-examples/main.ts [--all]

Runs the programs of docs/call-from-your-service.md against a product that it starts for them and ends again.
  --all   a language that is not on this machine is a failure; without it, it is left out, and said to be`

const repository = fileURLToPath(new URL('../..', import.meta.url))
const page = join(repository, 'docs/call-from-your-service.md')

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
