/**
 * `npm run soak`: shows that the log skips, doubles and reorders nothing while things go wrong. See the usage in
 * options.ts; exit code 0 when nothing was found, 1 for any breach or failure, 2 for wrong flags, 130 when interrupted.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderForeign, runForeign } from './foreign/index.ts'
import { UsageError } from '../packages/command-flags/index.ts'
import { parseCommand } from './options.ts'
import { renderSoak } from './report.ts'
import { totalBreaches } from './result.ts'
import { runSoak } from './run.ts'
import { Cleanup } from '../local/process/index.ts'

const resultsFolder = fileURLToPath(new URL('../soak-results', import.meta.url))

const cleanup = new Cleanup()

const onProgress = (line: string): void => {
  process.stderr.write(`  ${line}\n`)
}

function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write('Interrupted. Ending what was started.\n')
      void cleanup
        .run()
        .catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
        .finally(() => process.exit(130))
    })
  }
}

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2))
  endOnSignals()
  const startedAt = new Date().toISOString()
  const file = command.outFile ?? join(resultsFolder, `${startedAt.replaceAll(/[:.]/g, '-')}.json`)
  const write = async (result: object, text: string): Promise<void> => {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
    console.log(`\n${text}\n\nWritten to ${file}`)
  }
  try {
    if (command.kind === 'foreign') {
      const result = await runForeign(command.foreign, { cleanup, onProgress })
      await write(result, renderForeign(result))
      if (result.cases.some((one) => one.missing > 0)) process.exitCode = 1
    } else {
      process.stderr.write(`seed ${command.soak.seed}\n`)
      const result = await runSoak(command.soak, { cleanup, onProgress })
      await write(result, renderSoak(result))
      if (totalBreaches(result) > 0) process.exitCode = 1
    }
  } finally {
    await cleanup.run()
  }
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError
  const text = error instanceof Error && !isUsage ? error.stack : (error as Error).message
  process.stderr.write(`${text ?? String(error)}\n`)
  process.exitCode = isUsage ? 2 : 1
}
