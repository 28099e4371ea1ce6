// Runs the command with another Node than the one that was started. Plain JavaScript, like bin.mjs.
import { spawn } from 'node:child_process'

/**
 * Runs a program instead of this process: with its streams, its signals and its exit code. If this process is killed
 * with SIGKILL, it can't tell the program. But then the channel between them closes, and the program ends itself (see
 * main.ts).
 * @param {string} program @param {readonly string[]} words @param {(error: Error) => void} onError
 */
export function runUnder(program, words, onError) {
  const child = spawn(program, words, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  // The child decides what a signal means; this process only waits for it.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal))
  }
  child.once('error', onError)
  child.once('exit', (code) => process.exit(code ?? 1))
}
