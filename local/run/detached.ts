import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'
import { LocalFailure, LOCAL_FAILURE_CODES } from '../failure/index.ts'
import type { RunOptions } from './bring-up.ts'
import { openHome } from './home.ts'
import { projectFolder } from './project.ts'
import { openLog } from './logs.ts'
import { statusSchema } from './run-file.ts'
import type { Status } from './run-file.ts'

/** The environment variable with the options of the detached run. */
export const DETACHED_OPTIONS_NAME = 'TRICKLE_DETACHED_RUN'

/** A message of the detached run to the command that started it. */
export const detachedMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('said'), line: z.string() }),
  z.object({ type: z.literal('ready'), status: statusSchema, tookMs: z.number() }),
  z.object({
    type: z.literal('failed'),
    code: z.enum(LOCAL_FAILURE_CODES),
    what: z.string(),
    where: z.string(),
    mend: z.string(),
  }),
])

export type DetachedMessage = z.infer<typeof detachedMessageSchema>

/**
 * Starts a run that goes on when this process ends, and returns when everything serves. If this process is interrupted
 * before that, the run ends in order.
 * @throws LocalFailure that the run ended with
 */
export async function startDetached(
  options: RunOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<{ status: Status; tookMs: number }> {
  const log = openLog(join(openHome(options.home).logs, 'run.log'))
  const child = spawn(process.execPath, ['local/run/detached-main.ts'], {
    cwd: projectFolder,
    // Not passed as arguments, which every account can see: an administrator's url contains a password.
    env: { ...process.env, [DETACHED_OPTIONS_NAME]: JSON.stringify(options) },
    stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
    detached: true,
  })
  log.close()
  await once(child, 'spawn')
  const stop = (): void => {
    child.kill('SIGTERM')
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await untilReady(child, log.file, say)
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    child.removeAllListeners('disconnect')
    if (child.connected) child.disconnect()
    child.unref()
  }
}

async function untilReady(
  child: ChildProcess,
  logFile: string,
  say: (line: string) => void,
): Promise<{ status: Status; tookMs: number }> {
  return await new Promise((resolve, reject) => {
    child.on('message', (value) => {
      const message = detachedMessageSchema.parse(value)
      if (message.type === 'said') say(message.line)
      else if (message.type === 'ready') resolve({ status: message.status, tookMs: message.tookMs })
      else {
        const { code, what, where, mend } = message
        reject(new LocalFailure({ code, what, where, mend }))
      }
    })
    child.once('disconnect', () => {
      reject(
        new LocalFailure({
          code: 'PART_FAILED',
          what: 'The run ended before it was ready.',
          where: logFile,
          mend: 'Look into its log.',
        }),
      )
    })
  })
}
