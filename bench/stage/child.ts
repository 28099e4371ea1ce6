import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** On an idle machine a part of the local run starts within 3 s. A busy machine may take ten times as long. */
const START_WITHIN_MS = 30_000

/** The parts end by themselves within 5 s. A part that does not is killed. */
const STOP_WITHIN_MS = 6_000

const messageSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string() }),
])

export interface BenchChild<Facts> {
  readonly pid: number
  readonly facts: Facts
  stop(): Promise<void>
}

export interface ChildOptions<Facts> {
  /** Path from the repository's root, such as local/issuer/main.ts. */
  readonly program: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly factsSchema: z.ZodType<Facts>
}

/**
 * Starts a part of the local run as its supervisor would, and waits for its `ready`. Of the caller's environment it
 * gets only PATH and the folder for temporary files. No compile cache is used: an earlier benchmark must not make the
 * next one faster.
 * @throws Error with the part's own message when it can't start
 */
export async function startChild<Facts>(options: ChildOptions<Facts>): Promise<BenchChild<Facts>> {
  const { PATH, TMPDIR } = process.env
  const child = fork(options.program, [...options.args], {
    cwd: repository,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...(PATH === undefined ? {} : { PATH }),
      ...(TMPDIR === undefined ? {} : { TMPDIR }),
      NODE_DISABLE_COMPILE_CACHE: '1',
      ...options.environment,
    },
  })
  try {
    const message = await firstMessage(child, options.program)
    return { pid: child.pid ?? 0, facts: options.factsSchema.parse(message), stop: () => stopChild(child) }
  } catch (error) {
    await stopChild(child)
    throw error
  }
}

async function firstMessage(child: ChildProcess, program: string): Promise<unknown> {
  const signal = AbortSignal.timeout(START_WITHIN_MS)
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // Enough for a stack trace. Earlier output is dropped.
    complaints = (complaints + text).slice(-4_000)
  })
  const told = once(child, 'message', { signal }).then(([message]) => messageSchema.parse(message))
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`${program} ended before it served. ${complaints}`)
  })
  // Nobody awaits the promise that loses the race. When the time limit rejects it, that must not end the process as an
  // unhandled rejection.
  told.catch(() => {})
  ended.catch(() => {})
  const message = await Promise.race([told, ended])
  if (message.type === 'failed') throw new Error(`${program} could not start: ${message.message}`)
  return message
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(timer)
}
