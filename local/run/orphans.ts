import { endProcess, isSameProcess } from '../process/index.ts'
import { LocalFailure } from '../failure/index.ts'
import type { RunRecord } from './run-file.ts'

/**
 * Ends the processes that a killed run left behind. It ends only a process whose id and start time are those of the
 * record. Another process may have the same id by now.
 * @returns the names of those that were ended
 * @throws LocalFailure STOP_FAILED
 */
export async function endOrphans(record: RunRecord): Promise<string[]> {
  const left = record.processes.filter((one) => one.pid !== record.supervisor.pid && isSameProcess(one))
  const outcomes = await Promise.all(
    left.map(async (one) => ({ one, gone: await endProcess(one, stepsOf(one.name)) })),
  )
  const stuck = outcomes.find((outcome) => !outcome.gone)?.one
  if (stuck) {
    throw new LocalFailure({
      code: 'STOP_FAILED',
      what: `A process of an earlier run does not end: ${stuck.name} (process ${stuck.pid}).`,
      where: `process ${stuck.pid}`,
      mend: 'Find out what it waits for (another account? a disk that does not answer?), then start again.',
    })
  }
  return left.map((one) => one.name)
}

/** PostgreSQL needs longer, since it writes a checkpoint at a fast stop. The other parts end within 5 s by contract. */
const stepsOf = (name: string): readonly { signal: NodeJS.Signals; withinMs: number }[] =>
  name === 'postgres'
    ? [
        { signal: 'SIGINT', withinMs: 15_000 },
        { signal: 'SIGQUIT', withinMs: 5000 },
      ]
    : [{ signal: 'SIGTERM', withinMs: 6000 }]
