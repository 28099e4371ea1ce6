import type { parseArgs, ParseArgsOptionDescriptor } from 'node:util'
import { defaultHome } from '../../local/run/project.ts'

/** An option of a command for `parseArgs`, with its text in the help. */
export type OptionSpec = ParseArgsOptionDescriptor & {
  readonly description: string
  /** Stands for the value in the help, such as PORT. */
  readonly placeholder?: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

export type ValuesOf<Options extends OptionSpecs> = ReturnType<
  typeof parseArgs<{ options: Options }>
>['values']

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
