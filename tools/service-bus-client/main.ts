import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { withProduct } from '../service-examples/index.ts'
import { QueueClientFailure, EXPECTED_LINES, tryQueueClient } from './index.ts'

const USAGE = `node tools/service-bus-client/main.ts [--all]

Runs a C# program on the queues of a product that it starts for it and ends again, by the SDK of .NET and the
connection string of "trickle status --json". It gets the SDK from NuGet.
  --all   without .NET it fails; without this option, it is left out then, and said to be`

async function main(mustRun: boolean): Promise<void> {
  if (spawnSync('dotnet', ['--version'], { stdio: 'ignore' }).status !== 0) {
    console.log('left out, since dotnet is not on this machine. It runs in .ci/run.')
    if (mustRun) throw new QueueClientFailure('With --all it must run.')
    return
  }
  await withProduct(async ({ serviceBus }) => {
    await tryQueueClient(serviceBus)
  })
  for (const line of EXPECTED_LINES) console.log(line)
}

const { values } = parseArgs({
  options: { all: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
if (values.help) console.log(USAGE)
else {
  try {
    await main(values.all)
  } catch (error) {
    console.error(error instanceof QueueClientFailure ? error.message : error)
    process.exitCode = 1
  }
}
