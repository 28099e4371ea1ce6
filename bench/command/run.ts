import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Count, Figure } from '../measure/index.ts'
import {
  loadAverages,
  machineFacts,
  renderCounts,
  renderFacts,
  renderTable,
  writeResult,
} from '../report/index.ts'
import type { BenchResult, CommonOptions, PartResult } from '../report/index.ts'
import { Cleanup } from '../../local/process/index.ts'
import { UsageError } from '../../packages/command-flags/index.ts'
import type { Part } from './part.ts'

const resultsFolder = fileURLToPath(new URL('../../bench-results', import.meta.url))

/** A parsed command line. */
export interface Command<Name extends string, Options extends CommonOptions> {
  /** Stands before the time in the name of the result's file: empty, or `peers-`. */
  readonly prefix: string
  readonly sections: readonly Name[]
  readonly parts: Readonly<Record<Name, Part<Options>>>
  readonly options: Options
  readonly outFile: string | undefined
}

/** Ends what is started at the moment. A signal runs it before the process ends. */
let current = new Cleanup()

/**
 * The whole of a benchmark program. Exit code 0 when everything was measured (whether a target is met or not), 1 when
 * something failed, 2 for wrong flags, 130 when interrupted.
 */
export async function runAsProgram<Name extends string, Options extends CommonOptions>(
  read: () => Command<Name, Options> | Promise<Command<Name, Options>>,
): Promise<void> {
  let stopListening = (): void => {}
  try {
    const command = await read()
    stopListening = endOnSignals()
    const { result, failure } = await run(command)
    if (failure !== null && result.figures.length + result.counts.length === 0) throw failure
    const name = `${command.prefix}${result.startedAt.replaceAll(/[:.]/g, '-')}.json`
    const file = command.outFile ?? join(resultsFolder, name)
    await writeResult(file, result)
    const tables = [renderTable(result.figures), renderCounts(result.counts), renderFacts(result)]
    console.log(`\n${tables.filter((part) => part !== '').join('\n\n')}\n\nWritten to ${file}`)
    if (failure !== null) throw failure
  } catch (error) {
    const isUsage = error instanceof UsageError
    const text = error instanceof Error && !isUsage ? error.stack : (error as Error).message
    process.stderr.write(`${text ?? String(error)}\n`)
    process.exitCode = isUsage ? 2 : 1
  } finally {
    stopListening()
  }
}

/** @returns removes the listeners: after the program has ended, they must not handle the signals of the process. */
function endOnSignals(): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const end = (): void => {
    process.stderr.write('Interrupted. Ending what was started.\n')
    void current
      .run()
      .catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
      .finally(() => process.exit(130))
  }
  for (const signal of signals) process.once(signal, end)
  return () => {
    for (const signal of signals) process.off(signal, end)
  }
}

async function run<Name extends string, Options extends CommonOptions>(
  command: Command<Name, Options>,
): Promise<{ result: BenchResult; failure: unknown }> {
  const startedAt = new Date().toISOString()
  const atStart = loadAverages()
  const machine = await machineFacts()
  const figures: Figure[] = []
  const counts: Count[] = []
  const notes = new Set<string>()
  // Several parts may leave out the same thing for the same reason.
  const skipped = new Map<string, PartResult['skipped'][number]>()
  let postgres: PartResult['postgres'] = {}
  let failure: unknown = null
  for (const name of command.sections) {
    process.stderr.write(`${name}\n`)
    let result: PartResult
    try {
      result = await runPart(name, command)
    } catch (error) {
      // The earlier figures took minutes and are still valid, so they are reported.
      failure = error
      skipped.set(name, { name: `${name} and what comes after it`, reason: 'it failed, see the error' })
      break
    }
    figures.push(...result.figures)
    counts.push(...(result.counts ?? []))
    for (const note of result.notes ?? []) notes.add(note)
    for (const left of result.skipped) skipped.set(`${left.name} ${left.reason}`, left)
    postgres = result.postgres
  }
  const result: BenchResult = {
    schemaVersion: 1,
    startedAt,
    endedAt: new Date().toISOString(),
    sections: command.sections,
    options: command.options,
    machine,
    load: { atStart, atEnd: loadAverages() },
    postgres,
    figures,
    counts,
    notes: [...notes],
    skipped: [...skipped.values()],
  }
  return { result, failure }
}

async function runPart<Name extends string, Options extends CommonOptions>(
  name: Name,
  { parts, options }: Command<Name, Options>,
): Promise<PartResult> {
  const cleanup = new Cleanup()
  current = cleanup
  // Synchronous, so that no signal can be handled before the cleanup knows the folder. The folder would be left over.
  const scratchFolder = mkdtempSync(join(tmpdir(), `trickle-bench-${name}-`))
  cleanup.add(() => rm(scratchFolder, { recursive: true, force: true }))
  const note = (line: string): void => {
    process.stderr.write(`  ${line}\n`)
  }
  try {
    return await parts[name]({ options, cleanup, scratchFolder, note })
  } finally {
    await cleanup.run()
  }
}
