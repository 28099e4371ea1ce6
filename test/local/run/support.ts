import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { statusSchema } from '../../../local/run/index.ts'
import type { Status } from '../../../local/run/index.ts'
import { isAlive } from '../../../local/process/index.ts'

export const projectFolder = join(import.meta.dirname, '..', '..', '..')
const bin = join(projectFolder, 'cli', 'bin.mjs')

/** A start builds, makes a database and starts six processes; a machine that runs other tests beside it is slow. */
export const START_LIMIT_MS = 120_000

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

export interface Started {
  readonly child: ChildProcess
  readonly outcome: Promise<Outcome>
}

/** Starts the command as a person would, from the project's folder. */
export function begin(...words: string[]): Started {
  return beginProgram(process.execPath, [bin, ...words])
}

function beginProgram(program: string, words: readonly string[]): Started {
  const child = spawn(program, words, { cwd: projectFolder, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { out: '', error: '' }
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (texts.error += chunk.toString()))
  const outcome = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }))
  return { child, outcome }
}

export async function trickle(...words: string[]): Promise<Outcome> {
  return await begin(...words).outcome
}

/** Runs a line as pasted into a shell. */
export async function shell(line: string): Promise<Outcome> {
  return await beginProgram('/bin/bash', ['-c', line]).outcome
}

export async function statusOf(home: string): Promise<Status> {
  const { out } = await trickle('status', '--json', '--home', home)
  return statusSchema.strict().parse(JSON.parse(out))
}

/** Waits until something is so; fails with what it was instead. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() >= deadline) throw new Error(`waited in vain until ${what}`)
    await delay(100)
  }
}

export function pidsOf(status: Status): number[] {
  return status.processes.map(({ pid }) => pid)
}

export function alive(pids: readonly number[]): number[] {
  return pids.filter((pid) => isAlive(pid))
}

/** A folder for a home; under root others may pass through, since PostgreSQL runs as another account. */
export function homeFolder(): { home: string; remove: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'trickle-home-'))
  chmodSync(folder, 0o711)
  const home = join(folder, 'home')
  return {
    home,
    remove: async () => {
      await trickle('stop', '--home', home)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** SIGKILL to one process. Never to process 0, which would be the test run's own group. */
export function killNow(pid: number | null | undefined): void {
  if (pid === null || pid === undefined || pid <= 1) throw new Error(`there is no process to kill: ${pid}`)
  process.kill(pid, 'SIGKILL')
}

/** Why commands were parked, as an operator sees it. */
export async function parkedCommands(home: string): Promise<string[]> {
  const { out } = await trickle('queues', 'parked', 'trickle-commands', '--json', '--home', home)
  return (JSON.parse(out) as { messages: { reason: string }[] }).messages.map(({ reason }) => reason)
}

/** Ids of the events of a stream, in their order. */
export async function idsIn(home: string, streamId: string): Promise<string[]> {
  const { out } = await trickle('read', streamId, '--json', '--home', home)
  const { events = [] } = JSON.parse(out) as { events?: { id: string }[] }
  return events.map(({ id }) => id)
}
