/**
 * `npm run attack`: starts a product of its own on this machine, attacks it, and compares what each attack showed with
 * the bar that must hold. Exit code 0: every bar holds; 1: a bar is broken; 2: a word on the command line is wrong;
 * 130: interrupted. What was started is ended in any case.
 */
import { Cleanup } from '../local/process/index.ts'
import { attackParts } from './parts.ts'
import { renderFindings } from './report.ts'
import { runParts } from './run-parts.ts'
import { startTarget } from './target.ts'

const usage = `npm run attack -- [PART ...]

Starts a product of its own on this machine, attacks it, and prints what was seen beside what must hold.
Parts (default: all): ${attackParts.map(({ name }) => name).join(', ')}
It takes no address: nothing but the product that it started is attacked.`

const progress = (line: string): void => {
  process.stderr.write(`  ${line}\n`)
}

const cleanup = new Cleanup()
let ending: Promise<void> | undefined
/** Ends what was started, but only once: a signal and the failure that it causes both wait for the same end. */
const end = (): Promise<void> => (ending ??= cleanup.run())
const interruption = new AbortController()

function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      progress('Interrupted. Ending what was started.')
      interruption.abort(new Error('interrupted'))
      void end()
        .catch((error: unknown) => progress(String(error)))
        .finally(() => process.exit(130))
    })
  }
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !attackParts.some((part) => part.name === name))
  if (unknown.length > 0) {
    const isHelp = unknown.includes('--help')
    process[isHelp ? 'stdout' : 'stderr'].write(`${usage}\n`)
    return isHelp ? 0 : 2
  }
  const chosen = attackParts.filter(({ name }) => names.length === 0 || names.includes(name))
  endOnSignals()
  try {
    const target = await startTarget(cleanup, progress, interruption.signal)
    const findings = await runParts(chosen, target, progress)
    // After a signal the product is being ended, so the findings say nothing about it.
    interruption.signal.throwIfAborted()
    console.log(`\n${renderFindings(findings)}`)
    return findings.every(({ holds }) => holds) ? 0 : 1
  } finally {
    await end()
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  progress(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
}
// Requests that an attack has left open must not keep this process alive.
if (!interruption.signal.aborted) process.exit()
