import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newSecret } from '../../local/loopback/index.ts'
import { brokerSettings, startServiceBus } from '../../local/service-bus/index.ts'
import { readQueues } from '../../local/service-bus-queues/index.ts'
import { QueueClientFailure, EXPECTED_LINES, tryQueueClient } from './index.ts'

const USAGE = `node tools/service-bus-client/main.ts [--all]

Runs a C# program on the broker of "npm start", by the SDK of .NET and a connection string of the form that
"trickle status --json" gives. The broker is started for it alone: the product would take the messages away. It gets the
SDK from NuGet.
  --all   without .NET it fails; without this option, it is left out then, and said to be`

async function main(mustRun: boolean): Promise<void> {
  if (spawnSync('dotnet', ['--version'], { stdio: 'ignore' }).status !== 0) {
    console.log('left out, since dotnet is not on this machine. It runs in .ci/run.')
    if (mustRun) throw new QueueClientFailure('With --all it must run.')
    return
  }
  await withBroker(tryQueueClient)
  for (const line of EXPECTED_LINES) console.log(line)
}

/** Starts the broker with the product's queues, works with it, and ends it again, whatever happens. */
async function withBroker(work: (connectionString: string) => Promise<void>): Promise<void> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'trickle-queue-broker-'))
  const queues = await readQueues()
  const broker = await startServiceBus({
    queues: queues.map((queue) => brokerSettings(queue)),
    topics: [],
    dataFolder,
    port: 0,
    faultsPort: 0,
    secret: newSecret(),
    log: (line) => {
      console.error(line)
    },
    failed: (failure) => {
      console.error(failure)
      process.exit(1)
    },
  })
  try {
    await work(broker.connectionString)
  } finally {
    await broker.stop()
    await rm(dataFolder, { recursive: true, force: true })
  }
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
