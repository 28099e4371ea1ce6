import { LocalFailure } from '../failure/index.ts'

/** A server that a child process runs, once it answers. */
export interface ServingChild {
  /** What the parent learns with the message `ready`. */
  readonly facts: Readonly<Record<string, unknown>>
  /** One line for a person. */
  readonly line: string
  stop(): Promise<void>
}

/** The supervisor waits 5 s for an orderly end; what is not finished by then is left to the next start's recovery. */
const STOP_WITHIN_MS = 4500

/**
 * Runs a server as a child process: tells the parent `{type:'ready', ...facts}` or `{type:'failed', code, message}`
 * over IPC, and stops in order at SIGTERM, SIGINT or when the parent is gone. Never returns to its caller's control
 * flow in a failed state: the process ends with code 1.
 */
export async function runChild(start: () => Promise<ServingChild>): Promise<void> {
  let serving: ServingChild | undefined
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref()
    const stopped = serving === undefined ? Promise.resolve() : serving.stop()
    void stopped
      .catch((error: unknown) => {
        process.stderr.write(`It did not stop in order: ${String(error)}\n`)
      })
      .finally(() => process.exit(0))
  }
  // Before the start: a parent that dies while we start must not leave us behind.
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.once('disconnect', stop)
  try {
    serving = await start()
  } catch (error) {
    await reportFailure(error)
    process.exit(1)
  }
  await tellParent({ type: 'ready', ...serving.facts })
  process.stdout.write(`${serving.line}\n`)
}

async function reportFailure(error: unknown): Promise<void> {
  if (error instanceof LocalFailure) {
    const sentence = `${error.message} (${error.where}) ${error.mend}`
    process.stderr.write(`${sentence}\n`)
    await tellParent({ type: 'failed', code: error.code, message: sentence })
    return
  }
  // A defect of ours: its stack is what helps.
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  const message = error instanceof Error ? error.message : String(error)
  await tellParent({ type: 'failed', code: 'SERVER_FAILED', message })
}

/** Lets a message to the parent leave before the process ends. */
async function tellParent(message: Record<string, unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else
      process.send(message, () => {
        resolve()
      })
  })
}
