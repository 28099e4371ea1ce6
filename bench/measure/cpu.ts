import { readdirSync, readFileSync } from 'node:fs'

/** Linux reports CPU time in hundredths of a second, independent of the kernel's own clock (man 5 proc). */
const TICK_MICROS = 10_000

/**
 * The processes whose CPU time is read. `self`: this process. `process`: another one. `family`: a process with all that
 * it has started, such as a PostgreSQL server. `ended-children`: those that this process has started and that have
 * ended.
 */
export type Watched =
  | { readonly kind: 'self' }
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'family'; readonly pid: number }
  | { readonly kind: 'ended-children' }

/** CPU time used so far, user and system, in microseconds; null if the system does not report it. */
export function cpuMicrosOf(watched: Watched): number | null {
  if (watched.kind === 'self') {
    const { user, system } = process.cpuUsage()
    return user + system
  }
  if (process.platform !== 'linux') return null
  const own = readStat(watched.kind === 'ended-children' ? process.pid : watched.pid)
  if (own === null) return null
  if (watched.kind === 'ended-children') return own.endedChildrenTicks * TICK_MICROS
  if (watched.kind === 'process') return own.ticks * TICK_MICROS
  // The time of children that have ended is part of their parent's entry.
  let ticks = own.ticks + own.endedChildrenTicks
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null
    if (stat?.parentPid === watched.pid) ticks += stat.ticks
  }
  return ticks * TICK_MICROS
}

/**
 * CPU time that one process has used so far, in microseconds, counted by the scheduler in nanoseconds: fit for what takes
 * milliseconds. It is exact while the process sleeps. Null if the system does not report it.
 */
export function preciseCpuMicrosOf(pid: number): number | null {
  try {
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')
    return Number(nanoseconds) / 1_000
  } catch {
    return null
  }
}

interface ProcessStat {
  readonly parentPid: number
  readonly ticks: number
  readonly endedChildrenTicks: number
}

function readStat(pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return null
  }
}

/** Reads the fields of /proc/PID/stat after the command. The command stands in () and may itself hold spaces and (). */
export function parseStat(text: string): ProcessStat {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [, parentPid = 0] = fields
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15)
  return { parentPid, ticks: user + system, endedChildrenTicks: childrenUser + childrenSystem }
}
