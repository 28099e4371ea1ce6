import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** A process of the run. It sends and receives messages. */
export interface Child<ToChild> {
  readonly pid: number
  send(message: ToChild): void
  /** Sends SIGKILL, so that the process can't clean up. */
  kill(): void
  /** Its exit code; null when it was killed; -1 when it could not be started. Never rejects. */
  readonly ended: Promise<number | null>
}

/** @param program below the repository, such as soak/writers/main.ts */
export function startChild<ToChild extends object>(
  program: string,
  onMessage: (message: unknown) => void,
): Child<ToChild> {
  const { PATH, TMPDIR } = process.env
  const child = fork(program, [], {
    cwd: repository,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...(PATH === undefined ? {} : { PATH }), ...(TMPDIR === undefined ? {} : { TMPDIR }) },
  })
  child.on('message', (message) => onMessage(message))
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code))
    // The process could not be started.
    child.once('error', () => resolve(-1))
  })
  return {
    pid: child.pid ?? 0,
    // A process that has just died gets no message. Its commands are settled from its ledger.
    send: (message) => void (child.connected && child.send(message, () => {})),
    kill: () => void child.kill('SIGKILL'),
    ended,
  }
}
