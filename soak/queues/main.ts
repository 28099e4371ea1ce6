/**
 * `npm run soak:queues`: sends messages to the product's queues while connections drop, locks get lost, messages come
 * twice, PostgreSQL and the host are killed, and compares all of them with what was stored and parked. Exit code 0 when
 * nothing was found, 1 for any breach, 2 for wrong flags.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FlagReader, UsageError } from '../../packages/command-flags/index.ts'
import { runQueueSoak } from './run.ts'
import { breachesOf, renderQueueSoak } from './report.ts'

const USAGE = `npm run soak:queues -- [flags]

  --messages N   messages to send (default 100000)
  --producers N  senders at once (default 8)
  --kills N      how often the background host is killed (default 2)
  --seed N       repeats the choices of a run (default: the time)
  --out FILE     where the JSON goes (default soak-results/queues-TIME.json)`

const resultsFolder = fileURLToPath(new URL('../../soak-results', import.meta.url))

async function main(): Promise<void> {
  const flags = new FlagReader(USAGE)
  const values = flags.parse(() => parse())
  const startedAt = new Date()
  const result = await runQueueSoak(
    {
      messages: flags.count('--messages', values.messages, 100_000, 100, 10_000_000),
      producers: flags.count('--producers', values.producers, 8, 1, 64),
      hostKills: flags.count('--kills', values.kills, 2, 0, 20),
      seed: flags.count('--seed', values.seed, startedAt.getTime() % 1_000_000, 0, 2_147_483_647),
    },
    (line) => process.stderr.write(`  ${line}\n`),
  )
  const file =
    values.out ?? join(resultsFolder, `queues-${startedAt.toISOString().replaceAll(/[:.]/g, '-')}.json`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`${renderQueueSoak(result)}\nWritten to ${file}\n`)
  process.exitCode = breachesOf(result.ledger) > 0 ? 1 : 0
}

const parse = () =>
  parseArgs({
    options: {
      messages: { type: 'string' },
      producers: { type: 'string' },
      kills: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
    },
  }).values

try {
  await main()
} catch (error) {
  process.stderr.write(
    `${error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  )
  process.exitCode = error instanceof UsageError ? 2 : 1
}
