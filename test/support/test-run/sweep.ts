import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export interface LeftProcess {
  readonly pid: number
  readonly command: string
}

/** A killed process ends when the kernel has freed its memory. A server must first end its children. */
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

/** With SIGQUIT, PostgreSQL ends its backends, too. After SIGKILL its backends would live on for a while. */
const isServer = ({ command }: LeftProcess): boolean => /\bpostgres\b/.test(command)

function end({ pid }: LeftProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // The process has ended meanwhile.
  }
}

/**
 * The processes of a run: those with its folder as TMPDIR, and those whose command line names a folder in it
 * (PostgreSQL is started with another environment).
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
      // A zombie, which only its parent can remove, has an empty command line. The runner's watchdog ends with the
      // runner.
      const isToEnd = isOurs && command !== '' && !command.startsWith('vitest-watchdog')
      return isToEnd ? [{ pid, command: command.replaceAll('\0', ' ').trim() }] : []
    })
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

function readProc(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // The process has ended, or belongs to another user.
    return ''
  }
}

/** Without /proc, only processes whose command line names the folder are found. */
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
