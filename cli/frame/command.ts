import { parseArgs } from 'node:util'
import type { ParseArgsOptionDescriptor } from 'node:util'
import { defaultHome } from '../../local/run/index.ts'
import { UsageError } from '../../packages/command-flags/index.ts'
import { nearest } from './nearest.ts'
import type { Screen } from './output.ts'

/** An option of a command for `parseArgs`, with its text in the help. */
export type OptionSpec = ParseArgsOptionDescriptor & {
  readonly description: string
  /** Stands for the value in the help, such as PORT. */
  readonly placeholder?: string
}

type OptionSpecs = Readonly<Record<string, OptionSpec>>

type ValuesOf<Options extends OptionSpecs> = ReturnType<typeof parseArgs<{ options: Options }>>['values']

export interface CommandContext<Values> extends CommandFrame {
  readonly values: Values
  readonly positionals: readonly string[]
  readonly json: boolean
  /** The folder of the local run. */
  readonly home: string
}

/** What a command may use of its process. */
export interface CommandFrame {
  /** Prints the answer: as one JSON document with --json, otherwise as the text for people. */
  readonly print: (value: unknown, text: string) => void
  /** Prints a line for people who watch (stderr). It is never part of the answer. */
  readonly note: (line: string) => void
  /** Shows progress (stderr). On a terminal, one line is overwritten again and again. */
  readonly screen: Screen
  /** From the first call on, Ctrl-C aborts this signal. If it was never called, Ctrl-C ends the process at once. */
  readonly interruption: () => AbortSignal
}

interface CommandDefinition<Options extends OptionSpecs> {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What follows the name, such as "FILE [--map MODULE]". */
  readonly usage: string
  readonly options: Options
  /** How many words may follow the name; default none. */
  readonly positionals?: { readonly min: number; readonly max: number }
  /** More text for its help: examples, exit codes. */
  readonly notes?: string
  /** @returns the exit code; undefined means 0 */
  run(context: CommandContext<ValuesOf<Options>>): Promise<number | void>
}

export interface Command {
  readonly name: string
  readonly summary: string
  readonly usage: string
  readonly notes: string | undefined
  readonly options: OptionSpecs
  /** @throws UsageError when the words do not fit */
  invoke(words: readonly string[], frame: CommandFrame): Promise<number>
}

/** Options that every command has. */
export const commonOptions = {
  home: {
    type: 'string',
    default: defaultHome,
    placeholder: 'DIR',
    description: 'the folder of the local run (default: .trickle in the project)',
  },
  json: { type: 'boolean', default: false, description: 'print one JSON document' },
  help: { type: 'boolean', short: 'h', default: false, description: 'print this help' },
} as const satisfies OptionSpecs

/** Makes a command from its definition. The types of the values follow from the descriptions of the options. */
export function defineCommand<const Options extends OptionSpecs>(
  definition: CommandDefinition<Options>,
): Command {
  const { name, summary, usage, notes } = definition
  const options = { ...definition.options, ...commonOptions }
  return {
    name,
    summary,
    usage,
    notes,
    options,
    invoke: async (words, frame) => {
      const { values, positionals } = parse(words, options)
      assertPositionals(positionals, definition.positionals ?? { min: 0, max: 0 })
      const code = await definition.run({
        ...frame,
        // parseArgs has checked the values against the same options.
        values: values as ValuesOf<Options>,
        positionals,
        json: values['json'] === true,
        home: String(values['home']),
      })
      return code ?? 0
    },
  }
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
}

function parse(words: readonly string[], options: OptionSpecs): Parsed {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (error) {
    if (!(error instanceof TypeError) || !('code' in error)) throw error
    if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw unknownOption(error.message, options)
    throw new UsageError(error.message.split('\n')[0] ?? error.message)
  }
}

function unknownOption(message: string, options: OptionSpecs): UsageError {
  const name = /'-{1,2}([^' =]+)/u.exec(message)?.[1] ?? ''
  const guess = nearest(name, Object.keys(options))
  return new UsageError(`Unknown option --${name}.${guess === undefined ? '' : ` Did you mean --${guess}?`}`)
}

function assertPositionals(positionals: readonly string[], allowed: { min: number; max: number }): void {
  const extra = positionals[allowed.max]
  if (extra !== undefined) throw new UsageError(`Unexpected argument: ${extra}`)
  if (positionals.length < allowed.min) throw new UsageError('An argument is missing.')
}
