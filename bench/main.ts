/**
 * `npm run bench`: how much our ways cost against the bare ones, as ratios. See the usage in options.ts; exit code 0 when
 * everything was measured (whether a target is met or not), 1 when something failed, 2 for wrong flags, 130 when broken off.
 */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { poolLimits } from '../shared/postgres/index.ts'
import type { Figure } from './measure/index.ts'
import { parseCommand, UsageError, type Command } from './options.ts'
import {
  loadAverages,
  machineFacts,
  renderFacts,
  renderTable,
  writeResult,
  type BenchResult,
} from './report/index.ts'
import { sections, type SectionName, type SectionResult } from './sections/index.ts'
import { Cleanup } from './stage/index.ts'

const resultsFolder = fileURLToPath(new URL('../bench-results', import.meta.url))

/** What is started now; a signal ends it before the process. */
let current = new Cleanup()

async function runSection(name: SectionName, { options }: Command): Promise<SectionResult> {
  const cleanup = new Cleanup()
  current = cleanup
  // Made and noted in one turn: a signal in between would leave the folder behind.
  const scratchFolder = mkdtempSync(join(tmpdir(), `trickle-bench-${name}-`))
  cleanup.add(() => rm(scratchFolder, { recursive: true, force: true }))
  const note = (line: string): void => {
    process.stderr.write(`  ${line}\n`)
  }
  try {
    return await sections[name]({ options, cleanup, scratchFolder, note })
  } finally {
    await cleanup.run()
  }
}

async function run(command: Command): Promise<BenchResult> {
  const startedAt = new Date().toISOString()
  const atStart = loadAverages()
  const machine = await machineFacts()
  const figures: Figure[] = []
  const skipped: SectionResult['skipped'][number][] = []
  let postgres: SectionResult['postgres'] = {}
  for (const name of command.sections) {
    process.stderr.write(`${name}\n`)
    const result = await runSection(name, command)
    figures.push(...result.figures)
    skipped.push(...result.skipped)
    postgres = result.postgres
  }
  return {
    schemaVersion: 1,
    startedAt,
    endedAt: new Date().toISOString(),
    sections: command.sections,
    options: command.options,
    machine,
    load: { atStart, atEnd: loadAverages() },
    postgres,
    figures,
    skipped,
  }
}

function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write('Broken off; ending what was started.\n')
      void current
        .run()
        .catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
        .finally(() => process.exit(130))
    })
  }
}

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2), poolLimits.httpConnectionsMax)
  endOnSignals()
  const result = await run(command)
  const file = command.outFile ?? join(resultsFolder, `${result.startedAt.replaceAll(/[:.]/g, '-')}.json`)
  await writeResult(file, result)
  console.log(`\n${renderTable(result.figures)}\n\n${renderFacts(result)}\n\nWritten to ${file}`)
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError
  const text = error instanceof Error && !isUsage ? error.stack : (error as Error).message
  process.stderr.write(`${text ?? String(error)}\n`)
  process.exitCode = isUsage ? 2 : 1
}
