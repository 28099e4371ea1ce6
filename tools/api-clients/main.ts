import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { withProduct } from '../service-examples/index.ts'
import { ClientFailure, generatedClients, programUnder, tryClient } from './index.ts'

const USAGE = `node tools/api-clients/main.ts [--all]

Makes clients of the OpenAPI document as docs/generated-clients.md says, and runs the page's programs with them against
a product that it starts for them and ends again. It gets the generators from npm and NuGet.
  --all   a generator whose command is not on this machine is a failure; without it, it is left out, and said to be`

const page = join(fileURLToPath(new URL('../..', import.meta.url)), 'docs/generated-clients.md')

const isInstalled = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

async function main(mustRunAll: boolean): Promise<void> {
  const markdown = await readFile(page, 'utf8')
  const missing = generatedClients.filter(({ needs }) => !isInstalled(needs))
  for (const { heading, needs } of missing)
    console.log(`${heading}: left out, since ${needs} is not on this machine. It is tried in .ci/run.`)
  if (mustRunAll && missing.length > 0) throw new ClientFailure('With --all each client must be tried.')
  await withProduct(async (product) => {
    for (const client of generatedClients) {
      if (missing.includes(client)) continue
      await tryClient(client, programUnder(markdown, client.heading, client.fence), product)
      console.log(`${client.heading}: appended, refused for the version, read and followed`)
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
    console.error(error instanceof ClientFailure ? error.message : error)
    process.exitCode = 1
  }
}
