import { LocalFailure } from '../../local/failure/index.ts'
import type { CommandFrame } from './command.ts'
import { UsageError } from '../../packages/command-flags/index.ts'
import { CommandFailure } from './errors.ts'
import { commandHelp, overview } from './help.ts'
import { nearest } from './nearest.ts'
import { PROGRAM_NAME } from './program-name.ts'
import { processStreams, safeStreams, screenOver } from './output.ts'
import type { Screen, Streams } from './output.ts'
import { commandNames, loadCommand } from './registry.ts'
import { version } from '../../local/run/project.ts'
import { controlBySignals } from '../../local/run/signals.ts'

const exitCodes = { done: 0, failed: 1, usage: 2 } as const

/**
 * Runs a command line to its end.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, or the command's own
 */
export async function runCommandLine(
  words: readonly string[],
  given: Streams = processStreams,
): Promise<number> {
  const json = words.includes('--json')
  const streams = safeStreams(given)
  try {
    return await dispatch(words, json, streams, screenOver(given))
  } catch (error) {
    if (json) streams.out(`${JSON.stringify({ error: factsOf(error) }, undefined, 2)}\n`)
    streams.error(
      textOf(
        error,
        commandNames().find((name) => name === words[0]),
      ),
    )
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
  }
}

async function dispatch(
  words: readonly string[],
  json: boolean,
  streams: Streams,
  screen: Screen,
): Promise<number> {
  const [first, ...rest] = words
  if (first === undefined) {
    streams.error(await overview())
    return exitCodes.usage
  }
  if (first === '--version' || first === '-v') {
    streams.out(`${version}\n`)
    return exitCodes.done
  }
  const name = first === 'help' || first.startsWith('-') ? rest[0] : first
  if (first.startsWith('-') && !asksForHelp([first]))
    throw new UsageError(`A command comes first, not ${first}.`)
  if (name === undefined) {
    streams.out(await overview())
    return exitCodes.done
  }
  if (!commandNames().includes(name)) throw commandMissing(name)
  const command = await loadCommand(name)
  if (name !== first || asksForHelp(rest)) {
    streams.out(commandHelp(command))
    return exitCodes.done
  }
  const io: CommandFrame = {
    interruption,
    screen,
    note: (line) => {
      streams.error(`${line}\n`)
    },
    print: (value, text) => {
      streams.out(json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text}\n`)
    },
    printLine: (value, text) => {
      streams.out(json ? `${JSON.stringify(value)}\n` : `${text}\n`)
    },
  }
  return await command.invoke(rest, io)
}

const asksForHelp = (words: readonly string[]): boolean => {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  return own.includes('--help') || own.includes('-h')
}

function commandMissing(name: string): UsageError {
  const guess = nearest(name, commandNames())
  const hint = guess === undefined ? ` There are ${commandNames().join(', ')}.` : ` Did you mean "${guess}"?`
  return new UsageError(`Unknown command: ${name}.${hint}`)
}

let interrupted: AbortSignal | undefined

/**
 * Aborted by the first Ctrl-C. A second Ctrl-C ends the process, in case the command does not end. Under npm one Ctrl-C
 * arrives twice within milliseconds: this counts as one.
 */
function interruption(): AbortSignal {
  interrupted ??= controlBySignals(() => process.exit(exitCodes.failed)).control.stop
  return interrupted
}

interface ErrorFacts {
  readonly code: string
  readonly message: string
  readonly where?: string
  readonly mend?: string
}

function factsOf(error: unknown): ErrorFacts {
  if (error instanceof LocalFailure) {
    return { code: error.code, message: error.message, where: error.where, mend: error.mend }
  }
  if (error instanceof CommandFailure) return { code: error.code, message: error.message }
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message }
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) }
}

function textOf(error: unknown, name: string | undefined): string {
  if (error instanceof UsageError) {
    return `${error.message}\nHelp: ${PROGRAM_NAME} ${name === undefined ? '--help' : `${name} --help`}\n`
  }
  if (error instanceof LocalFailure) return `${String(error)}\n`
  if (error instanceof CommandFailure) return `${error.message}\n`
  // Any other error is a defect of the product: the stack helps to find it.
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`
}
