import { HookFailure, HookFailures } from './failure.ts'
import { createReport } from './report.ts'
import type { Report } from './report.ts'

/**
 * Runs a hook and prints what it says.
 * @returns the exit code: 0, or 1 after a failure, which stops `azd`.
 */
export async function runHook(
  hook: (report: Report) => Promise<void>,
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const report = createReport((line) => write(`${line}\n`))
  try {
    await hook(report)
    return 0
  } catch (error) {
    if (error instanceof HookFailure || error instanceof HookFailures) write(`\n${error.toString()}\n`)
    else write(`\nThe hook failed by a defect of its own:\n${traceOf(error)}\n`)
    return 1
  }
}

const traceOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
