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
  /** Resolves with a description of how it ended. Never rejects. */
  readonly ended: Promise<string>
  /** Ends it in order, or with SIGKILL when that takes too long. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

export interface ChildPartOptions<Facts> {
  readonly name: string
  /** The path of the program, relative to the project's folder. */
  readonly program: string
  readonly args: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly logFile: string
  /** The form of the message that it sends when it serves. */
  readonly factsSchema: z.ZodType<Facts>
  readonly signal: AbortSignal
  /** Called as soon as the process exists, before it serves. */
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
      // A process group of its own, so that Ctrl-C reaches only the supervisor, which ends the parts in order.
      detached: true,
    })
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(describeEnd(code, signal))
      })
    })
    await once(child, 'spawn')
    // If the part ends while a message is sent to it, this 'error' event comes too. Its end is reported elsewhere.
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

/** Waits for the part's first message, the end of the process, the time limit or the caller's signal. */
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
  // Nobody waits for the promises that lose the race. Without a handler their rejections would end the whole run.
  for (const loser of [message, silent, late]) loser.catch(() => undefined)
  try {
    const first = await Promise.race([message, silent, late])
    if (first.type === 'failed') throw partFailed(options, first.message, log, first.code)
    return options.factsSchema.parse(first)
  } finally {
    cancel.abort()
  }
}

/** Reading the rest of the channel takes almost no time. The limit is for a channel that another process holds open. */
const LAST_MESSAGES_MS = 500

/** Node may report the end of a process before its last message. The message comes before the channel closes. */
async function lastMessages(child: ChildProcess): Promise<void> {
  if (child.connected) await Promise.race([once(child, 'disconnect'), delay(LAST_MESSAGES_MS)])
  await setImmediate()
}

/** @param code the part's own code; it is kept if it is one of LOCAL_FAILURE_CODES */
function partFailed(options: { name: string }, what: string, log: ChildLog, code?: string): LocalFailure {
  return new LocalFailure({
    code: LOCAL_FAILURE_CODES.find((known) => known === code) ?? 'PART_FAILED',
    what: `${options.name} did not start: ${what}`,
    where: log.file,
    mend: 'Mend what it names, then start again.',
  })
}

/** By contract a part ends within 5 s of SIGTERM. A part that needs longer than this is stuck and gets SIGKILL. */
const STOP_MS = 6000

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM')
  const cancel = new AbortController()
  const late = delay(STOP_MS, 'late' as const, { signal: cancel.signal }).catch(() => 'late' as const)
  if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL')
  await ended
  cancel.abort()
}
