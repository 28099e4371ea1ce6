import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { LocalFailure, LOCAL_FAILURE_CODES } from '../failure/index.ts'
import { projectFolder } from './project.ts'
import { openLog } from './logs.ts'
import type { ChildLog } from './logs.ts'

/** A running process of the local run. */
export interface RunningPart<Facts> {
  readonly pid: number
  readonly facts: Facts
  /** Settles with how it ended, in words. Never rejects. */
  readonly ended: Promise<string>
  /** Ends it in order; by force when that takes too long. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

export interface ChildPartOptions<Facts> {
  readonly name: string
  /** The program, from the project's folder. */
  readonly program: string
  readonly args: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly logFile: string
  /** What it tells when it serves. */
  readonly factsSchema: z.ZodType<Facts>
  readonly signal: AbortSignal
  /** Called as soon as there is a process, long before it serves. */
  readonly spawned: (pid: number) => void
}

/** A busy machine may need this long to load Azurite's two thousand files from a cold disk. */
const READY_TIMEOUT_MS = 60_000

/**
 * Starts a part as a child process and waits until it serves.
 * @throws LocalFailure PART_FAILED with the part's own sentence; the process has ended then
 */
export async function startChildPart<Facts>(options: ChildPartOptions<Facts>): Promise<RunningPart<Facts>> {
  const log = openLog(options.logFile)
  try {
    const child = spawn(process.execPath, [options.program, ...options.args], {
      cwd: projectFolder,
      env: options.environment,
      stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
      // A group of its own: Ctrl-C in the terminal is for the supervisor, which ends the parts in order.
      detached: true,
    })
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(describeEnd(code, signal))
      })
    })
    await once(child, 'spawn')
    // A part that ends while a message is on its way to it is reported by its end, not by a broken pipe.
    child.on('error', () => undefined)
    const pid = child.pid ?? 0
    options.spawned(pid)
    try {
      const facts = await firstMessage(child, ended, log, options)
      return {
        pid,
        facts,
        ended,
        stop: async () => {
          await stopChild(child, ended)
        },
        kill: () => {
          child.kill('SIGKILL')
        },
      }
    } catch (error) {
      await stopChild(child, ended)
      throw error
    }
  } finally {
    log.close()
  }
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with exit code ${code ?? '?'}` : `was ended by ${signal}`
}

const messageSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string() }),
])

/** Waits for the first message of the contract, the end of the process, the time limit or the caller's signal. */
async function firstMessage<Facts>(
  child: ChildProcess,
  ended: Promise<string>,
  log: ChildLog,
  options: ChildPartOptions<Facts>,
): Promise<Facts> {
  const cancel = new AbortController()
  const signal = AbortSignal.any([options.signal, cancel.signal])
  const message = once(child, 'message', { signal }).then(([value]) => messageSchema.parse(value))
  const silent = ended.then(async (how) => {
    await lastMessages(child)
    throw partFailed(options, `it ${how}. ${log.lastLines()}`, log)
  })
  const late = delay(READY_TIMEOUT_MS, undefined, { signal }).then(() => {
    throw partFailed(options, `it was not ready within ${READY_TIMEOUT_MS / 1000} s. ${log.lastLines()}`, log)
  })
  // The losers of the race are not waited for any more; their rejections must not end the whole run.
  for (const loser of [message, silent, late]) loser.catch(() => undefined)
  try {
    const first = await Promise.race([message, silent, late])
    if (first.type === 'failed') throw partFailed(options, first.message, log, first.code)
    return options.factsSchema.parse(first)
  } finally {
    cancel.abort()
  }
}

/** Reading what is in a pipe takes no time; this only bounds a channel that something else holds open. */
const LAST_MESSAGES_MS = 500

/** The news of a process's end can overtake the message it sent before: that one comes until the channel closes. */
async function lastMessages(child: ChildProcess): Promise<void> {
  if (child.connected) await Promise.race([once(child, 'disconnect'), delay(LAST_MESSAGES_MS)])
  await setImmediate()
}

/** @param code the part's own, kept when it is one that people and tests know */
function partFailed(options: { name: string }, what: string, log: ChildLog, code?: string): LocalFailure {
  return new LocalFailure({
    code: LOCAL_FAILURE_CODES.find((known) => known === code) ?? 'PART_FAILED',
    what: `${options.name} did not start: ${what}`,
    where: log.file,
    mend: 'Mend what it names, then start again.',
  })
}

/** Parts end within 5 s of SIGTERM by contract; what does not is stuck. */
const STOP_MS = 6000

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM')
  const cancel = new AbortController()
  const late = delay(STOP_MS, 'late' as const, { signal: cancel.signal }).catch(() => 'late' as const)
  if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL')
  await ended
  cancel.abort()
}
