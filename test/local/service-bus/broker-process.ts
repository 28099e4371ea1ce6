import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const main = fileURLToPath(new URL('../../../local/service-bus/main.ts', import.meta.url))
export const conformanceQueues = fileURLToPath(
  new URL('../../packages/service-bus-stand-in/conformance/queues.json', import.meta.url),
)

const readySchema = z.object({
  type: z.literal('ready'),
  connectionString: z.string(),
  faultsUrl: z.string(),
})
const failedSchema = z.object({ type: z.literal('failed'), code: z.string(), message: z.string() })

export interface BrokerProcess {
  readonly connectionString: string
  readonly faultsUrl: string
  readonly port: number
  /** SIGKILL: nothing of the process runs any more. */
  kill(): Promise<void>
  /** SIGTERM, as the local run does. @returns the exit code */
  stop(): Promise<number | null>
}

/**
 * Starts the broker as the local run does, in a process of its own.
 * @returns what it says when it serves, or why it does not
 */
export async function startProcess(
  dataFolder: string,
  port = 0,
  queuesFile = conformanceQueues,
): Promise<BrokerProcess | { readonly code: string; readonly message: string }> {
  const flags = ['--data', dataFolder, '--port', String(port), '--queues', queuesFile]
  const env = { ...process.env, TRICKLE_LOCAL_SECRET: 'a secret of the test' }
  const child = fork(main, flags, { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const [message] = (await once(child, 'message')) as [unknown]
  const failed = failedSchema.safeParse(message)
  if (failed.success) return failed.data
  const { connectionString, faultsUrl } = readySchema.parse(message)
  return {
    connectionString,
    faultsUrl,
    port: Number(/:(\d+);/u.exec(connectionString)?.[1]),
    kill: async () => {
      await ended(child, 'SIGKILL')
    },
    stop: () => ended(child, 'SIGTERM'),
  }
}

export async function startGoodProcess(
  dataFolder: string,
  port = 0,
  queuesFile = conformanceQueues,
): Promise<BrokerProcess> {
  const started = await startProcess(dataFolder, port, queuesFile)
  if ('code' in started) throw new Error(started.message)
  return started
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
  return child.exitCode
}
