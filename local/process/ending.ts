import { setTimeout as delay } from 'node:timers/promises'
import { isSameProcess } from './identity.ts'
import type { RecordedProcess } from './identity.ts'

/** Often enough to be unnoticed by a person, seldom enough to cost nothing. */
const POLL_EVERY_MS = 20

/** Waits until the recorded process is gone; false when it still runs after `withinMs`. */
export async function waitUntilGone(
  recorded: Pick<RecordedProcess, 'pid' | 'mark'>,
  withinMs: number,
): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (isSameProcess(recorded)) {
    if (Date.now() >= deadline) return false
    await delay(POLL_EVERY_MS)
  }
  return true
}

/**
 * Ends a recorded process: each signal in turn, with its time to work, SIGKILL at last. Does nothing when the process
 * is gone or its id belongs to another process now.
 * @returns whether it is gone
 */
export async function endProcess(
  recorded: Pick<RecordedProcess, 'pid' | 'mark'>,
  steps: readonly { signal: NodeJS.Signals; withinMs: number }[],
): Promise<boolean> {
  for (const step of steps) {
    send(recorded, step.signal)
    if (await waitUntilGone(recorded, step.withinMs)) return true
  }
  send(recorded, 'SIGKILL')
  // A killed process is gone as soon as the kernel has taken back its memory.
  return await waitUntilGone(recorded, 5000)
}

function send(recorded: Pick<RecordedProcess, 'pid' | 'mark'>, signal: NodeJS.Signals): void {
  if (!isSameProcess(recorded)) return
  try {
    process.kill(recorded.pid, signal)
  } catch {
    // It ended between the look and the signal, or belongs to another account: waiting for it tells which.
  }
}
