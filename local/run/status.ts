import { isSameProcess } from '../process/index.ts'
import { homeAt } from './home.ts'
import { readRunRecord } from './run-file.ts'
import type { Status } from './run-file.ts'
import { version } from './project.ts'

export type RunState = 'ready' | 'starting' | 'stopping' | 'not running'

export interface RunReport {
  readonly state: RunState
  readonly status: Status
  /** Processes of a run that was killed and that still run. */
  readonly orphans: readonly { name: string; pid: number }[]
}

/** The status of a home where nothing runs. */
export function emptyStatus(dataFolder: string): Status {
  return {
    schemaVersion: 1,
    ready: false,
    version,
    pid: null,
    hostPid: null,
    processes: [],
    dataFolder,
    url: null,
    masterKey: null,
    background: null,
    issuer: null,
    audience: null,
    postgres: null,
    analytics: null,
    serviceBus: null,
    pgbouncer: null,
    replicas: [],
    faults: { analytics: null, serviceBus: null },
  }
}

/**
 * What runs on a home, judged by its file and the processes named there. The run is ready only while every process
 * runs. Between the death of a process and its next start the state is "starting".
 */
export function readRun(homeFolder: string): RunReport {
  const home = homeAt(homeFolder)
  const record = readRunRecord(home)
  if (!record) return { state: 'not running', status: emptyStatus(home.folder), orphans: [] }
  const alive = record.processes.filter((one) => isSameProcess(one))
  if (!isSameProcess(record.supervisor)) {
    const orphans = alive.map(({ name, pid }) => ({ name, pid }))
    return { state: 'not running', status: emptyStatus(home.folder), orphans }
  }
  const ready = record.status.ready && alive.length === record.processes.length
  const state = record.phase === 'stopping' ? 'stopping' : ready ? 'ready' : 'starting'
  return { state, status: { ...record.status, ready: ready && state === 'ready' }, orphans: [] }
}
