import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSameProcess, processMark, recordedProcessSchema } from '../../local/process/index.ts'
import { runAt, startRunAt } from './local-run.ts'
import type { LocalRun } from './local-run.ts'

/** More than the number of test workers, so that a place is always free. */
const PLACES = 16

/**
 * A running product for one file at a time: a product that an earlier file has given back, or a new one. Only for files
 * that change nothing global (no new epoch, no killed host, no faults, no paused subscription) and work in their own
 * tenants. Two files never use a product at the same time: an append of one would hold the feed that the other reads.
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

/** Ends all these products, after all files have ended. */
export async function stopLeasedRuns(testRunFolder: string): Promise<void> {
  const folder = join(testRunFolder, 'leased-runs')
  if (!existsSync(folder)) return
  const homes = readdirSync(folder).filter((name) => !name.endsWith('.lock'))
  for (const home of homes) await (await runAt(join(folder, home))).stop()
}

/** False while the process that holds the lock lives. The lock of a crashed worker is taken over. */
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
    // The lock has just been removed, or its owner is writing it at this moment.
    return false
  }
}
