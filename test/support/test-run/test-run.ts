import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isSameProcess, processMark, recordedProcessSchema } from '../../../local/process/index.ts'
import { sweep } from './sweep.ts'
import type { LeftProcess } from './sweep.ts'

const PREFIX = 'trickle-tests-'
const OWNER = 'owner.json'

export interface TestRun {
  readonly folder: string
  readonly guardPid: number | undefined
  /** Cleans up. @returns the processes that tests have left running, which is a defect of these tests. */
  close(): Promise<LeftProcess[]>
}

/**
 * Begins a run: cleans up after runs whose process has ended, and makes a folder. The folder becomes TMPDIR of this
 * process and of all processes that it starts later.
 */
export async function openTestRun(): Promise<TestRun> {
  const base = tmpdir()
  await clearEndedRuns(base)
  const folder = mkdtempSync(join(base, PREFIX))
  // If this process runs as root, PostgreSQL runs as another account, which must be able to enter the folder.
  chmodSync(folder, 0o711)
  const owner = { name: 'test run', pid: process.pid, mark: processMark(process.pid) }
  writeFileSync(join(folder, OWNER), JSON.stringify(owner))
  const guard = startGuard(folder)
  process.env['TMPDIR'] = folder
  return {
    folder,
    guardPid: guard.pid,
    async close() {
      process.env['TMPDIR'] = base
      return endOf(guard)
    },
  }
}

async function clearEndedRuns(base: string): Promise<void> {
  for (const name of readdirSync(base).filter((each) => each.startsWith(PREFIX))) {
    const folder = join(base, name)
    if (ownerIsGone(folder)) await sweep(folder)
  }
}

function ownerIsGone(folder: string): boolean {
  try {
    return !isSameProcess(recordedProcessSchema.parse(JSON.parse(readFileSync(join(folder, OWNER), 'utf8'))))
  } catch {
    // The folder is being made at this moment, or it can't be read: it is left alone.
    return false
  }
}

function startGuard(folder: string): ChildProcess {
  const program = fileURLToPath(new URL('guard.ts', import.meta.url))
  const guard = spawn(process.execPath, [program, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // The guard gets its own session, so that a signal to the terminal or the process group of the run does not end it.
    detached: true,
  })
  // Otherwise the run would wait for the guard, which waits for the end of the run.
  guard.unref()
  return guard
}

async function endOf(guard: ChildProcess): Promise<LeftProcess[]> {
  let told = ''
  guard.stdout?.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const ended = new Promise<void>((resolve) => {
    guard.once('close', () => resolve())
  })
  guard.ref()
  guard.stdin?.end()
  await ended
  return JSON.parse(told) as LeftProcess[]
}
