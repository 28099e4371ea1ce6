import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ExampleFailure, isInstalled, programsOf, withProduct } from '../service-examples/index.ts'
import { checkPython, sendTwice } from './send-example.ts'

const USAGE = `node tools/message-examples/main.ts [--all]

Runs the programs of docs/send-messages.md against a product that it starts for them and ends again. Of the one in Python
it checks the syntax and the session id alone.
  --all   a language that is not on this machine is a failure; without it, it is left out, and said to be`

const page = fileURLToPath(new URL('../../docs/send-messages.md', import.meta.url))

async function main(mustRunAll: boolean): Promise<void> {
  const programs = programsOf(await readFile(page, 'utf8'))
  const missing = programs.filter((program) => !isInstalled(program))
  for (const { language, command } of missing)
    console.log(`${language}: left out, since ${command} is not on this machine`)
  if (mustRunAll && missing.length > 0) throw new ExampleFailure('With --all each language must run.')
  await withProduct(async (product) => {
    for (const program of programs) {
      if (missing.includes(program)) continue
      if (program.language === 'python') {
        await checkPython(program)
        console.log('python: it is Python, and its session id is ours; it was not run')
      } else {
        await sendTwice(program, product)
        console.log(`${program.language}: sent twice, three events in order`)
      }
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
