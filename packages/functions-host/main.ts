/**
 * The Functions host as a process of its own:
 *
 *   node packages/functions-host/main.ts --app DIR --port N --state DIR [--cors ORIGIN,ORIGIN]
 *
 * It tells a parent process `{ type: 'ready', url, masterKey, functions }` or `{ type: 'failed', code, message }`.
 * SIGTERM, SIGINT or the end of the parent process stop it in order (exit code 0). An error thrown outside an
 * invocation ends it with exit code 1, and all running invocations are lost, as in the real worker.
 */
import { writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { HostStartFailure, startFunctionsHost } from './index.ts'
import type { FunctionsHost, FunctionsHostOptions } from './index.ts'

/** If the orderly stop takes longer than this, the process exits without waiting for it. */
const STOP_LIMIT_MS = 5_000
const USAGE =
  'node packages/functions-host/main.ts --app DIR --port N --state DIR [--cors ORIGIN,ORIGIN] [--activity-timeout-ms N]'

type Flags = Pick<
  FunctionsHostOptions,
  'appFolder' | 'port' | 'stateFolder' | 'corsOrigins' | 'activityTimeoutMs'
>

function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: {
        app: { type: 'string' },
        port: { type: 'string' },
        state: { type: 'string' },
        cors: { type: 'string' },
        'activity-timeout-ms': { type: 'string' },
      },
    })
    if (values.app === undefined || values.state === undefined)
      throw new Error('--app and --state are needed')
    const timeout = values['activity-timeout-ms']
    return {
      appFolder: values.app,
      stateFolder: values.state,
      port: readNumber('--port', values.port, 65_535),
      corsOrigins: values.cors?.split(',') ?? [],
      ...(timeout === undefined
        ? {}
        : { activityTimeoutMs: readNumber('--activity-timeout-ms', timeout, 2 ** 31 - 1) }),
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new HostStartFailure('ARGUMENTS_WRONG', `${message}; call: ${USAGE}`, error)
  }
}

function readNumber(name: string, text: string | undefined, largest: number): number {
  if (text === undefined || !/^\d+$/.test(text) || Number(text) > largest) {
    throw new Error(`${name} must be a number from 0 to ${largest}`)
  }
  return Number(text)
}

/** Sends a message to the parent process, and waits until it is sent. An exit before that would lose the message. */
async function tellParent(message: object): Promise<void> {
  if (process.send === undefined || !process.connected) return
  await new Promise<void>((resolve) => {
    process.send?.(message, () => resolve())
  })
}

function endProcess(exitCode: number): never {
  process.exit(exitCode)
}

function stopOnRequest(hostWhenStarted: () => FunctionsHost | undefined): void {
  let stopping = false
  const stop = (cause: string): void => {
    // Ctrl+C in a terminal reaches this process and the supervisor, which then sends a signal too. Only one may count.
    if (stopping) return
    stopping = true
    const host = hostWhenStarted()
    if (host === undefined) endProcess(0)
    host.log.write({ level: 'information', category: 'Host', message: `Stopping (${cause}).` })
    setTimeout(() => endProcess(0), STOP_LIMIT_MS).unref()
    host.stop().then(
      () => endProcess(0),
      (error: unknown) => crash(error),
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('disconnect', () => stop('the parent process has ended'))
}

/** Ends the process as the worker does on an error outside of any invocation. */
function crash(error: unknown): never {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  try {
    writeSync(2, `Worker uncaught exception: ${text}\n`)
  } catch {
    // Nobody reads standard error any more. The exit code still reports the crash.
  }
  return endProcess(1)
}

async function main(): Promise<void> {
  // If the reader of standard output has gone, its error must not turn an orderly stop into a crash.
  process.stdout.on('error', () => undefined)
  process.on('uncaughtException', crash)
  let host: FunctionsHost | undefined
  stopOnRequest(() => host)
  try {
    host = await startFunctionsHost({ ...readFlags(), onWorkerLost: () => endProcess(1) })
    process.stdout.write(`The Functions host serves ${host.functions.length} functions at ${host.url}\n`)
    await tellParent({ type: 'ready', url: host.url, masterKey: host.masterKey, functions: host.functions })
  } catch (error) {
    if (!(error instanceof HostStartFailure)) {
      await tellParent({ type: 'failed', code: 'UNEXPECTED', message: String(error) })
      crash(error)
    }
    process.stderr.write(`${error.message}\n`)
    await tellParent({ type: 'failed', code: error.code, message: error.message })
    endProcess(1)
  }
}

await main()
