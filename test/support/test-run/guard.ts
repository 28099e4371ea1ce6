/**
 * Waits until a test run has ended, and cleans up after it: `node guard.ts FOLDER`. The run holds the other end of the
 * guard's standard input, which the system closes however the run ends. The guard prints the processes that it has
 * found.
 */
import { sweep } from './sweep.ts'

const [, , folder = ''] = process.argv

// Ctrl-C reaches every process of a terminal. The guard must ignore it, since it must live longer than the run.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

// If the run was killed, nobody reads the output. Without this, the error would end the guard.
process.stdout.on('error', () => {})

process.stdin.resume().on('end', () => {
  void sweep(folder).then((left) => process.stdout.write(JSON.stringify(left)))
})
