import { LocalFailure } from '../failure/index.ts'

/** A server that runs in a child process and answers already. */
export interface ServingChild {
  /** The content of the message `ready` to the parent. */
  readonly facts: Readonly<Record<string, unknown>>
  /** One line for a person. */
  readonly line: string
  stop(): Promise<void>
}

/** By contract a part ends within 5 s of SIGTERM. What is not finished by then is recovered at the next start. */
const STOP_WITHIN_MS = 4500

/**
 * Runs a server as a child process: tells the parent `{type:'ready', ...facts}` or `{type:'failed', code, message}`
 * over IPC, and stops in order at SIGTERM, SIGINT or when the parent is gone. If the start fails, this does not return:
 * the process ends with code 1.
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
  // Registered before the start: if the parent dies during the start, this process must end too.
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
  // A defect of the program: the stack helps to find it.
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
