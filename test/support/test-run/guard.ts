/**
 * Waits until a test run has ended and clears up after it: `node guard.ts FOLDER`. The run holds the other end of its
 * standard input, which the system closes whatever ends the run. What was still there is told on standard output.
 */
import { sweep } from './sweep.ts'

const [, , folder = ''] = process.argv

// Ctrl-C in a terminal reaches every process in it; the guard is the one that must outlive the run.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

// Nobody listens any more where the run was killed.
process.stdout.on('error', () => {})

process.stdin.resume().on('end', () => {
  void sweep(folder).then((left) => process.stdout.write(JSON.stringify(left)))
})
