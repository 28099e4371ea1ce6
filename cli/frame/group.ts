import { UsageError } from '../../packages/command-flags/index.ts'
import { assertArguments } from './arguments.ts'
import type { WordsSpec } from './arguments.ts'
import { contextOf } from './command.ts'
import type { Command, CommandContext } from './command.ts'
import { textRows } from './help.ts'
import { nearest } from './nearest.ts'
import { commonOptions } from './options.ts'
import type { OptionSpecs, ValuesOf } from './options.ts'
import { parseWords } from './parse-words.ts'

/** One of the commands of a group, such as `create` of `tenants`. */
export interface SubcommandSpec extends WordsSpec {
  readonly summary: string
  /** Options that only the subcommands take that list them here. All others go with every subcommand. */
  readonly options?: readonly string[]
}

type Subcommands = Readonly<Record<string, SubcommandSpec>>

export interface GroupContext<Subs extends Subcommands, Options extends OptionSpecs> extends CommandContext<
  ValuesOf<Options>
> {
  /** The name of the subcommand; `positionals` is what follows it. */
  readonly verb: keyof Subs & string
}

interface GroupDefinition<Subs extends Subcommands, Options extends OptionSpecs> {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  readonly subcommands: Subs
  readonly options: Options
  /** More text for its help. */
  readonly notes?: string
  /** As for a command. */
  run(context: GroupContext<Subs, Options>): Promise<number | void>
}

/** Makes a command of several subcommands. */
export function defineGroup<const Subs extends Subcommands, const Options extends OptionSpecs>(
  definition: GroupDefinition<Subs, Options>,
): Command {
  const { name, summary, notes, subcommands } = definition
  const options = { ...definition.options, ...commonOptions }
  return {
    name,
    summary,
    forms: formsOf(subcommands),
    example: undefined,
    notes,
    options,
    invoke: async (words, frame) => {
      const { values, positionals, typed } = parseWords(words, options)
      const [verb, ...rest] = positionals
      const subcommand = subcommandOf(name, subcommands, verb)
      assertArguments(`${name} ${subcommand.verb}`, rest, subcommand.spec)
      refuseStrayOptions(name, subcommands, subcommand.verb, typed)
      const context = contextOf<Options>(frame, values, rest)
      return (await definition.run({ ...context, verb: subcommand.verb })) ?? 0
    },
  }
}

const formsOf = (subcommands: Subcommands): { usage: string; summary: string }[] =>
  Object.entries(subcommands).map(([verb, { usage, summary }]) => ({
    usage: usage === '' ? verb : `${verb} ${usage}`,
    summary,
  }))

function subcommandOf<Subs extends Subcommands>(
  name: string,
  subcommands: Subs,
  verb: string | undefined,
): { verb: keyof Subs & string; spec: SubcommandSpec } {
  const list = (): string => textRows(formsOf(subcommands).map(({ usage, summary }) => [usage, summary]))
  if (verb === undefined) throw new UsageError(`Say what ${name} is to do:\n\n${list()}\n`)
  const spec = Object.hasOwn(subcommands, verb) ? subcommands[verb] : undefined
  if (spec !== undefined) return { verb, spec }
  const guess = nearest(verb, Object.keys(subcommands))
  const hint = guess === undefined ? `\n\n${list()}\n` : ` Did you mean "${name} ${guess}"?`
  throw new UsageError(`Unknown subcommand: ${name} ${verb}.${hint}`)
}

/** Refuses an option that belongs to other subcommands: it would be ignored, and somebody meant something by it. */
function refuseStrayOptions(
  name: string,
  subcommands: Subcommands,
  verb: string,
  typed: ReadonlySet<string>,
): void {
  for (const option of typed) {
    const owners = Object.keys(subcommands).filter((other) => subcommands[other]?.options?.includes(option))
    if (owners.length === 0 || owners.includes(verb)) continue
    const places = owners.map((owner) => `${name} ${owner}`).join(' and ')
    throw new UsageError(`--${option} belongs to ${places}, not to ${name} ${verb}.`)
  }
}
