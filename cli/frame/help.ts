import type { Command, OptionSpec } from './command.ts'
import { commandNames, loadCommand } from './registry.ts'

const PROGRAM_NAME = 'npx --no -- trickle'

/** The help of one command. */
export function commandHelp(command: Command): string {
  const usage = `${PROGRAM_NAME} ${command.name}${command.usage === '' ? '' : ` ${command.usage}`}`
  const notes = command.notes === undefined ? '' : `\n${command.notes.trim()}\n`
  return `${command.summary}\n\nUsage: ${usage}\n\n${rows(Object.entries(command.options).map(optionRow))}\n${notes}`
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([left]) => left.length))
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}

function optionRow([name, spec]: [string, OptionSpec]): [string, string] {
  const value = spec.type === 'string' ? ` ${spec.placeholder ?? 'VALUE'}` : ''
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  return [`${short}--${name}${value}`, spec.description]
}

/** The list of all commands. */
export async function overview(): Promise<string> {
  const commands = await Promise.all(commandNames().map(loadCommand))
  const list = rows(commands.map((command): [string, string] => [command.name, command.summary]))
  return `Trickle: events of many tenants, kept in PostgreSQL and forwarded to Azure Data Explorer.\n
Usage: ${PROGRAM_NAME} COMMAND [OPTIONS]\n\n${list}\n
${PROGRAM_NAME} COMMAND --help tells more about one.
Exit codes: 0 done, 1 failed, 2 wrong usage.\n`
}
