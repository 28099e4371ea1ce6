import { LocalFailure } from '../failure/index.ts'
import { endProcess, isSameProcess } from '../process/index.ts'
import { homeAt } from './home.ts'
import { endOrphans } from './orphans.ts'
import { readRunRecord, removeRunRecord } from './run-file.ts'

/** A part may take 6 s, PostgreSQL 25 s. The supervisor stops some parts at the same time. */
const STOP_TIMEOUT_MS = 45_000

/**
 * Ends the run of a home in order, and the processes that a killed run left behind.
 * @returns whether anything ran
 * @throws LocalFailure STOP_FAILED
 */
export async function stopRun(homeFolder: string): Promise<boolean> {
  const home = homeAt(homeFolder)
  const record = readRunRecord(home)
  if (!record) return false
  const wasRunning = isSameProcess(record.supervisor)
  if (wasRunning) {
    const gone = await endProcess(record.supervisor, [{ signal: 'SIGTERM', withinMs: STOP_TIMEOUT_MS }])
    if (!gone) {
      throw new LocalFailure({
        code: 'STOP_FAILED',
        what: `The run does not end (process ${record.supervisor.pid}).`,
        where: home.folder,
        mend: 'It may belong to another account: use that one.',
      })
    }
  }
  // The record is read again, since parts may have been started again after it was read first.
  const orphans = await endOrphans(readRunRecord(home) ?? record)
  removeRunRecord(home)
  return wasRunning || orphans.length > 0
}
