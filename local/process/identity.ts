import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { systemCode } from '../failure/index.ts'

/** A process as it is recorded in a file: its id, and a mark that differs for a later process with the same id. */
export const recordedProcessSchema = z.object({
  name: z.string(),
  pid: z.int().positive(),
  mark: z.string(),
})

export type RecordedProcess = z.infer<typeof recordedProcessSchema>

/**
 * The mark of a running process: its start time and, on Linux, the id of the machine's boot. Undefined when there is no
 * such process, or it is a zombie.
 */
export function processMark(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxMark(pid) : psMark(pid)
}

/** Field 22 of /proc/PID/stat is the start time in clock ticks since boot; the fields after ")" begin with field 3. */
const START_TIME_FIELD_AFTER_NAME = 22 - 3

function linuxMark(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended. Its parent has only not read its exit code yet.
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${bootId}:${fields[START_TIME_FIELD_AFTER_NAME] ?? ''}`
  } catch {
    return undefined
  }
}

function psMark(pid: number): string | undefined {
  const answer = spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const line = answer.status === 0 ? answer.stdout.trim() : ''
  if (line === '' || line.startsWith('Z')) return undefined
  return line.slice(line.indexOf(' ')).trim()
}

/** Whether a process with this id runs, ours or another account's. A zombie of this account counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
  return processMark(pid) !== undefined
}

/** Whether the recorded process still runs. Another process that got its id does not count. */
export function isSameProcess(recorded: Pick<RecordedProcess, 'pid' | 'mark'>): boolean {
  return processMark(recorded.pid) === recorded.mark
}
