import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { LocalFailure } from '../failure/index.ts'
import { spawnIdentity } from './account.ts'
import { programPath } from './binaries.ts'
import { serverEnvironment } from './environment.ts'
import { explain } from './explain.ts'
import type { Placement } from './placement.ts'

/** How a server ended. */
export interface ServerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface LaunchOptions {
  readonly placement: Placement
  readonly port: number
  readonly logDescriptor: number
  /** Length of the log before this start. Everything after it was written by this server. */
  readonly logStart: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly spawned?: (pid: number) => void
}

interface LaunchedServer {
  readonly pid: number
  readonly ended: Promise<ServerEnd>
  stop(): Promise<void>
  kill(): Promise<void>
}

/**
 * Starts the server process and waits until it accepts connections.
 * @throws LocalFailure; the process has ended then
 */
export async function launch(options: LaunchOptions): Promise<LaunchedServer> {
  const { placement, logDescriptor } = options
  const child = spawn(programPath(placement.binaries, 'postgres'), ['-D', placement.dataFolder], {
    ...spawnIdentity(placement.account),
    env: serverEnvironment(),
    stdio: ['ignore', logDescriptor, logDescriptor],
    // A process group of its own, so that Ctrl-C reaches only the run, which stops the server last.
    detached: true,
  })
  const ended = new Promise<ServerEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal })
    })
  })
  await once(child, 'spawn')
  options.spawned?.(child.pid ?? 0)
  try {
    await waitUntilReady(child, ended, options)
  } catch (error) {
    await stopServer(child, ended)
    throw error
  }
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      await stopServer(child, ended)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const POLL_EVERY_MS = 10

async function waitUntilReady(
  child: ChildProcess,
  ended: Promise<ServerEnd>,
  options: LaunchOptions,
): Promise<void> {
  const { placement } = options
  const state = { over: false }
  const watch = ended.then(() => {
    state.over = true
  })
  const deadline = Date.now() + options.timeoutMs
  while (!isReady(placement.dataFolder, child.pid ?? 0)) {
    if (state.over) {
      throw explain({
        what: `PostgreSQL ${placement.version} did not start`,
        output: wordsSince(placement.logFile, options.logStart),
        dataFolder: placement.dataFolder,
        logFile: placement.logFile,
        port: options.port,
      })
    }
    options.signal?.throwIfAborted()
    if (Date.now() >= deadline) throw tooSlow(options)
    await Promise.race([watch, delay(POLL_EVERY_MS)])
  }
}

/** The server's own lock file tells its state in this line (pg_ctl reads it the same way). */
const STATE_LINE = 7

function isReady(dataFolder: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')
    return lines[0] === String(pid) && lines[STATE_LINE]?.trim() === 'ready'
  } catch {
    return false
  }
}

function wordsSince(logFile: string, start: number): string {
  return readFileSync(logFile).subarray(start).toString()
}

function tooSlow(options: LaunchOptions): LocalFailure {
  const lastLine = wordsSince(options.placement.logFile, options.logStart).trim().split('\n').at(-1) ?? ''
  return new LocalFailure({
    code: 'START_TOO_SLOW',
    what: `PostgreSQL did not accept connections within ${options.timeoutMs / 1000} s. Its last words: ${lastLine}`,
    where: options.placement.dataFolder,
    mend: `When it is still recovering, start again: it goes on where it was. Log: ${options.placement.logFile}`,
  })
}

/** A fast stop writes a checkpoint of at most shared_buffers. If it takes longer than this, something is wrong. */
const FAST_STOP_MS = 20_000
const IMMEDIATE_STOP_MS = 5000

async function stopServer(child: ChildProcess, ended: Promise<ServerEnd>): Promise<void> {
  child.kill('SIGINT')
  if (await endsWithin(ended, FAST_STOP_MS)) return
  child.kill('SIGQUIT')
  if (await endsWithin(ended, IMMEDIATE_STOP_MS)) return
  child.kill('SIGKILL')
  await ended
}

async function endsWithin(ended: Promise<ServerEnd>, withinMs: number): Promise<boolean> {
  const cancel = new AbortController()
  const late = delay(withinMs, false, { signal: cancel.signal }).catch(() => false)
  try {
    return await Promise.race([ended.then(() => true), late])
  } finally {
    cancel.abort()
  }
}
