import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Count, Figure } from '../measure/index.ts'
import type { MachineFacts } from './machine.ts'
import type { CommonOptions, PartResult } from './part-result.ts'

/** The result of a run as JSON. If a member changes its meaning, `schemaVersion` must be raised. */
export interface BenchResult {
  readonly schemaVersion: 1
  readonly startedAt: string
  readonly endedAt: string
  readonly sections: readonly string[]
  readonly options: CommonOptions
  readonly machine: MachineFacts
  readonly load: { readonly atStart: readonly number[]; readonly atEnd: readonly number[] }
  readonly postgres: Readonly<Record<string, string>>
  readonly figures: readonly Figure[]
  readonly counts: readonly Count[]
  readonly notes: readonly string[]
  readonly skipped: PartResult['skipped']
}

/** Writes the result. Creates its folder if it is missing. */
export async function writeResult(file: string, result: BenchResult): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
}

/** The facts that stand above and below the table. */
export function renderFacts({ machine, load, postgres, options, notes, skipped }: BenchResult): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  const commit =
    machine.commit === null
      ? 'no Git checkout'
      : `${machine.commit.hash.slice(0, 12)}${machine.commit.isChanged ? ' with changes' : ''}`
  return [
    `${machine.cores} cores (${machine.processor}), ${machine.memoryMebibytes} MiB, ${machine.platform}; load ${load.atStart.join(' ')} at the start, ${load.atEnd.join(' ')} at the end`,
    `PostgreSQL ${postgres['server_version'] ?? '?'}, fsync ${postgres['fsync'] ?? '?'}, synchronous_commit ${postgres['synchronous_commit'] ?? '?'}; one fdatasync takes ${machine.syncMicros} us`,
    `${versions.join(', ')}; commit ${commit}`,
    `${options.rounds} rounds${options.startRounds === undefined ? '' : ` (start: ${options.startRounds})`} of ${options.turnMs} ms a side, pools of ${options.connections} connections${options.isShort ? '; SHORT: a smoke signal, no measurement' : ''}`,
    'Ratios are medians of ours / baseline in the same round; rates and CPU are for information and hold for this machine at this hour.',
    ...notes.map((note) => `Note: ${note}`),
    ...skipped.map(({ name, reason }) => `Left out: ${name} (${reason}).`),
  ].join('\n')
}
