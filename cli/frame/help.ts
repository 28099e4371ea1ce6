import type { Command } from './command.ts'
import type { OptionSpec } from './options.ts'
import { PROGRAM_NAME } from './program-name.ts'
import { commandNames, loadCommand } from './registry.ts'

/** The help of one command. */
export function commandHelp(command: Command): string {
  const example =
    command.example === undefined ? [] : [`Example: ${PROGRAM_NAME} ${command.name} ${command.example}`]
  const parts = [
    command.summary,
    usageOf(command),
    textRows(Object.entries(command.options).map(optionRow)),
    ...example,
    ...(command.notes === undefined ? [] : [command.notes.trim()]),
  ]
  return `${parts.join('\n\n')}\n`
}

function usageOf({ name, forms }: Command): string {
  const [only, ...others] = forms
  const start = `Usage: ${PROGRAM_NAME} ${name}`
  if (only !== undefined && others.length === 0) return only.usage === '' ? start : `${start} ${only.usage}`
  return `${start} SUBCOMMAND [OPTIONS]\n\n${textRows(forms.map(({ usage, summary = '' }) => [usage, summary]))}`
}

/** Beyond this width the text to the right begins on a line of its own, so that one long row doesn't move all others. */
const LEFT_COLUMNS_MAX = 40

/** Two columns, indented. */
export function textRows(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(
    ...pairs.map(([left]) => left.length).filter((length) => length <= LEFT_COLUMNS_MAX),
    0,
  )
  const row = ([left, right]: readonly [string, string]): string =>
    left.length > width ? `  ${left}\n${' '.repeat(width + 4)}${right}` : `  ${left.padEnd(width)}  ${right}`
  return pairs.map(row).join('\n')
}

function optionRow([name, spec]: [string, OptionSpec]): [string, string] {
  const value = spec.type === 'string' ? ` ${spec.placeholder ?? 'VALUE'}` : ''
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  return [`${short}--${name}${value}`, spec.description]
}

/** The list of all commands. */
export async function overview(): Promise<string> {
  const commands = await Promise.all(commandNames().map(loadCommand))
  const list = textRows(commands.map((command): [string, string] => [command.name, command.summary]))
  return `Trickle: events of many tenants, kept in PostgreSQL and forwarded to Azure Data Explorer.\n
Usage: ${PROGRAM_NAME} COMMAND [OPTIONS]\n\n${list}\n
${PROGRAM_NAME} COMMAND --help tells more about one.
Exit codes: 0 done, 1 failed, 2 wrong usage.\n`
}
