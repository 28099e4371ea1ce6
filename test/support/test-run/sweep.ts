import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export interface LeftProcess {
  readonly pid: number
  readonly command: string
}

/** A killed process is gone as soon as the kernel has taken back its memory; a server first tells its children. */
const ENDING_MS = 10_000

/**
 * Ends every process of a test run and removes its folder.
 * @returns the processes that were still there.
 */
export async function sweep(folder: string): Promise<LeftProcess[]> {
  const left = processesOf(folder)
  for (const each of left) end(each, isServer(each) ? 'SIGQUIT' : 'SIGKILL')
  const endMs = performance.now() + ENDING_MS
  for (;;) {
    const remaining = processesOf(folder)
    if (remaining.length === 0) break
    if (performance.now() > endMs) for (const each of remaining) end(each, 'SIGKILL')
    await delay(20)
  }
  for (const mount of mountsBelow(folder)) spawnSync('umount', ['-l', mount])
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  return left
}

/** PostgreSQL takes its backends along when it is told to quit; a killed one leaves them to find out by themselves. */
const isServer = ({ command }: LeftProcess): boolean => /\bpostgres\b/.test(command)

function end({ pid }: LeftProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * The processes of a run: those that were started with its folder as TMPDIR, and servers whose command line names a
 * folder in it (PostgreSQL is started with an environment of its own).
 */
export function processesOf(folder: string): LeftProcess[] {
  return process.platform === 'linux' ? processesOfLinux(folder) : processesOfOthers(folder)
}

function processesOfLinux(folder: string): LeftProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid)
    .flatMap((pid) => {
      const [environment, command] = [readProc(pid, 'environ'), readProc(pid, 'cmdline')]
      const isOurs =
        environment.split('\0').some((entry) => isBelow(entry, `TMPDIR=${folder}`)) ||
        command.includes(`${folder}/`)
      // The line is empty for a zombie: only its parent can collect it. The test runner's watchdog ends with the runner.
      const isToEnd = isOurs && command !== '' && !command.startsWith('vitest-watchdog')
      return isToEnd ? [{ pid, command: command.replaceAll('\0', ' ').trim() }] : []
    })
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

function readProc(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended, or belongs to somebody else.
    return ''
  }
}

/** Without /proc only what the command line names is found. */
function processesOfOthers(folder: string): LeftProcess[] {
  const { stdout } = spawnSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' })
  return (stdout ?? '')
    .split('\n')
    .filter((line) => line.includes(`${folder}/`))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim() }))
    .filter(({ pid }) => pid > 1 && pid !== process.pid)
}

function mountsBelow(folder: string): string[] {
  if (process.platform !== 'linux') return []
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
}
