import { assertArguments } from './arguments.ts'
import type { WordsSpec } from './arguments.ts'
import { commonOptions } from './options.ts'
import type { OptionSpecs, ValuesOf } from './options.ts'
import type { Screen } from './output.ts'
import { parseWords } from './parse-words.ts'

export interface CommandContext<Values> extends CommandFrame {
  readonly values: Values
  readonly positionals: readonly string[]
  readonly json: boolean
  /** The folder of the local run. */
  readonly home: string
}

/** The context of a command with these options: what its file in `cli/runs/` is given. */
export type ContextOf<Options extends OptionSpecs> = CommandContext<ValuesOf<Options>>

/** What a command may use of its process. */
export interface CommandFrame {
  /** Prints the answer: as one JSON document with --json, otherwise as the text for people. */
  readonly print: (value: unknown, text: string) => void
  /** Prints a part of an answer that has no end: with --json as a document on a line of its own. */
  readonly printLine: (value: unknown, text: string) => void
  /** Prints a line for people who watch (stderr). It is never part of the answer. */
  readonly note: (line: string) => void
  /** Shows progress (stderr). On a terminal, one line is overwritten again and again. */
  readonly screen: Screen
  /** From the first call on, Ctrl-C aborts this signal. If it was never called, Ctrl-C ends the process at once. */
  readonly interruption: () => AbortSignal
}

interface CommandDefinition<Options extends OptionSpecs> extends WordsSpec {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  readonly options: Options
  /** More text for its help: examples, exit codes. */
  readonly notes?: string
  /**
   * Does the work, which stands in `cli/runs/` and is loaded only now: the help of all commands must not wait for what
   * they need.
   * @returns the exit code; undefined means 0
   */
  run(context: ContextOf<Options>): Promise<number | void>
}

export interface Command {
  readonly name: string
  readonly summary: string
  /** What may follow the name, one line each: a command has one, a group one for each subcommand. */
  readonly forms: readonly { readonly usage: string; readonly summary?: string }[]
  readonly example: string | undefined
  readonly notes: string | undefined
  readonly options: OptionSpecs
  /** @throws UsageError when the words do not fit */
  invoke(words: readonly string[], frame: CommandFrame): Promise<number>
}

/** Makes a command from its definition. The types of the values follow from the descriptions of the options. */
export function defineCommand<const Options extends OptionSpecs>(
  definition: CommandDefinition<Options>,
): Command {
  const { name, summary, usage, notes, example } = definition
  const options = { ...definition.options, ...commonOptions }
  return {
    name,
    summary,
    forms: [{ usage }],
    example,
    notes,
    options,
    invoke: async (words, frame) => {
      const { values, positionals } = parseWords(words, options)
      assertArguments(name, positionals, definition)
      return (await definition.run(contextOf<Options>(frame, values, positionals))) ?? 0
    },
  }
}

/** The context of a run, from words that `parseWords` has checked against the same options. */
export function contextOf<Options extends OptionSpecs>(
  frame: CommandFrame,
  values: Readonly<Record<string, unknown>>,
  positionals: readonly string[],
): ContextOf<Options> {
  return {
    ...frame,
    values: values as ValuesOf<Options>,
    positionals,
    json: values['json'] === true,
    home: String(values['home']),
  }
}
