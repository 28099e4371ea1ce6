import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import type { LocalFailureCode } from '../failure/index.ts'
import type { StorageFacts } from './account.ts'

export interface StorageOptions {
  /** Made if it is missing. */
  readonly dataFolder: string
  /** If it is 0 or absent, a free port is picked. */
  readonly blobPort?: number
  readonly queuePort?: number
}

export interface RunningStorage extends StorageFacts {
  readonly process: ChildProcess
  /** Ends in order. */
  stop(): Promise<void>
}

/** Azurite starts within 2 s on an idle machine with two cores. A busy machine gets ten times as long. */
const START_WITHIN_MS = 20_000

/** Enough for a stack trace. */
const LAST_WORDS_LENGTH = 4000

/**
 * Starts storage as a child process and waits until it serves.
 * @throws LocalFailure with the child's sentence (a taken port, an unwritable folder, a folder in use)
 */
export async function startStorage(options: StorageOptions): Promise<RunningStorage> {
  const flags = ['--data', options.dataFolder]
  flags.push('--blob-port', String(options.blobPort ?? 0), '--queue-port', String(options.queuePort ?? 0))
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = fork(main, flags, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const complaints = lastWords(child)
  let facts: StorageFacts
  try {
    facts = await readyOf(child, options.dataFolder, complaints)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    ...facts,
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** The end of what the child wrote on stderr, for the case that it ends without a message over IPC. */
function lastWords(child: ChildProcess): () => string {
  let tail = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-LAST_WORDS_LENGTH)
  })
  return () => tail.trim()
}

const messageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    connectionString: z.string(),
    blobUrl: z.string(),
    queueUrl: z.string(),
    accountName: z.string(),
    accountKey: z.string(),
  }),
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string() }),
])

async function readyOf(
  child: ChildProcess,
  dataFolder: string,
  complaints: () => string,
): Promise<StorageFacts> {
  const gaveUp = new AbortController()
  const timer = setTimeout(() => {
    gaveUp.abort()
  }, START_WITHIN_MS)
  try {
    const told = once(child, 'message', { signal: gaveUp.signal }).then(([message]) =>
      messageSchema.parse(message),
    )
    const ended = once(child, 'exit', { signal: gaveUp.signal }).then(() => 'ended' as const)
    const first = await Promise.race([told, ended])
    // Nobody waits for the promise that loses the race. Without a handler its abort would be an unhandled rejection.
    told.catch(() => undefined)
    ended.catch(() => undefined)
    if (first === 'ended')
      throw failure('PART_FAILED', `Storage ended before it served. ${complaints()}`, dataFolder)
    if (first.type === 'failed') throw failure(first.code as LocalFailureCode, first.message, dataFolder)
    const { type: _type, ...facts } = first
    return facts
  } catch (error) {
    if (!gaveUp.signal.aborted) throw error
    throw failure('START_TOO_SLOW', `Storage did not serve within ${START_WITHIN_MS} ms.`, dataFolder)
  } finally {
    clearTimeout(timer)
    gaveUp.abort()
  }
}

function failure(code: LocalFailureCode, what: string, dataFolder: string): LocalFailure {
  return new LocalFailure({ code, what, where: dataFolder, mend: 'Mend what it names and start again.' })
}
