import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSameProcess, processMark, recordedProcessSchema } from '../../local/process/index.ts'
import { runAt, startRunAt } from './local-run.ts'
import type { LocalRun } from './local-run.ts'

/** More than there are workers, so that a place is always free. */
const PLACES = 16

/**
 * A running product for one file at a time: one that an earlier file has given back, or a new one. For files that change
 * nothing global (no new epoch, no killed host, no faults, no paused subscription) and work in tenants of their own. Two
 * files never use one at the same time: an append of the one would hold the feed that the other reads.
 * `stop` gives it back.
 */
export async function leaseLocalRun(): Promise<LocalRun> {
  const folder = join(tmpdir(), 'leased-runs')
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  for (let place = 0; place < PLACES; place += 1) {
    const lock = join(folder, `${place}.lock`)
    if (!take(lock)) continue
    const home = join(folder, String(place))
    const run = existsSync(join(home, 'run.json')) ? await runAt(home) : await startRunAt(home)
    return {
      ...run,
      stop: () => {
        rmSync(lock)
        return Promise.resolve()
      },
    }
  }
  throw new Error(`All ${PLACES} running products are in use.`)
}

/** Ends all of them, when all files have ended. */
export async function stopLeasedRuns(testRunFolder: string): Promise<void> {
  const folder = join(testRunFolder, 'leased-runs')
  if (!existsSync(folder)) return
  const homes = readdirSync(folder).filter((name) => !name.endsWith('.lock'))
  for (const home of homes) await (await runAt(join(folder, home))).stop()
}

/** False while the file that has it lives; what a crashed worker has left is taken over. */
function take(lock: string): boolean {
  const owner = JSON.stringify({ name: 'test file', pid: process.pid, mark: processMark(process.pid) })
  try {
    writeFileSync(lock, owner, { flag: 'wx' })
    return true
  } catch {
    if (!isAbandoned(lock)) return false
    writeFileSync(lock, owner)
    return true
  }
}

function isAbandoned(lock: string): boolean {
  try {
    return !isSameProcess(recordedProcessSchema.parse(JSON.parse(readFileSync(lock, 'utf8'))))
  } catch {
    // Just given back, or being written.
    return false
  }
}
