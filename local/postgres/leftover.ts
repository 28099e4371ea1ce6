import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { LocalFailure, systemCode } from '../failure/index.ts'
import { endProcess, isAlive, processMark, waitUntilGone } from '../process/index.ts'

/** When a server is dead, its child processes notice it soon and end by themselves. They get this long. */
const FOLLOWERS_MS = 5000

/** Processes whose working folder is the data folder, as with every process of a PostgreSQL server (Linux only). */
export function processesIn(dataFolder: string): number[] {
  if (process.platform !== 'linux') return []
  const folder = realpathSync(dataFolder)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && workingFolder(pid) === folder)
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

/**
 * Prepares a data folder for the start of a server. If a server still runs there, it is stopped when `takeOver` is true
 * (the caller knows that its owner is gone). The lock file of a killed server is removed when its process id belongs to
 * another process by now, or to a zombie.
 * @throws LocalFailure DATA_FOLDER_IN_USE, STOP_FAILED
 */
export async function clearLeftovers(dataFolder: string, takeOver: boolean): Promise<void> {
  const lockFile = join(dataFolder, 'postmaster.pid')
  const pid = recordedPid(lockFile)
  if (pid === undefined) return
  if (isAlive(pid) && isServerOf(pid, dataFolder)) {
    if (!takeOver) throw inUse(pid, dataFolder)
    await end(pid)
  }
  await waitForFollowers(dataFolder)
  // If no process has the id in the lock file, PostgreSQL ignores the file by itself. If another program has this id,
  // or the killed server is still a zombie (a container without an init), PostgreSQL would refuse to start for ever.
  if (idExists(pid) && !(isAlive(pid) && isServerOf(pid, dataFolder))) rmSync(lockFile, { force: true })
}

function recordedPid(lockFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8').split('\n')[0])
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function isServerOf(pid: number, dataFolder: string): boolean {
  if (process.platform === 'linux') return processesIn(dataFolder).includes(pid)
  const answer = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return answer.stdout.includes('postgres') && answer.stdout.includes(dataFolder)
}

function inUse(pid: number, dataFolder: string): LocalFailure {
  return new LocalFailure({
    code: 'DATA_FOLDER_IN_USE',
    what: `A PostgreSQL server runs on this data folder already (process ${pid}).`,
    where: dataFolder,
    mend: `Stop it first: npx trickle stop, or kill -INT ${pid}`,
  })
}

async function end(pid: number): Promise<void> {
  const mark = processMark(pid)
  if (mark === undefined) return
  // SIGINT: fast stop with a checkpoint. SIGQUIT: stop at once, with recovery at the next start.
  const steps = [
    { signal: 'SIGINT', withinMs: 15_000 },
    { signal: 'SIGQUIT', withinMs: 5000 },
  ] as const
  if (await endProcess({ pid, mark }, steps)) return
  throw new LocalFailure({
    code: 'STOP_FAILED',
    what: `The PostgreSQL server of an earlier run does not end (process ${pid}).`,
    where: `process ${pid}`,
    mend: 'Look at what holds it (a disk that does not answer?), then start again.',
  })
}

/** A killed server's processes end by themselves; a new one refuses to start while one of them holds its memory. */
async function waitForFollowers(dataFolder: string): Promise<void> {
  const marks = processesIn(dataFolder).map((pid) => ({ pid, mark: processMark(pid) ?? '' }))
  for (const follower of marks) await waitUntilGone(follower, FOLLOWERS_MS)
  for (const follower of marks) await endProcess(follower, [{ signal: 'SIGQUIT', withinMs: 1000 }])
}

function idExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}
