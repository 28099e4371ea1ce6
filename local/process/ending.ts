import { setTimeout as delay } from 'node:timers/promises'
import { isSameProcess } from './identity.ts'
import type { RecordedProcess } from './identity.ts'

/** Short enough that a person notices no delay, long enough to cost almost no CPU. */
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
 * Ends a recorded process: sends each signal in turn, waits `withinMs` after it, and sends SIGKILL at the end. Does
 * nothing when the process is gone or its id belongs to another process now.
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
    // The process ended before the signal, or it belongs to another account. The wait that follows shows which.
  }
}
