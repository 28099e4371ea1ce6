import { parseArgs } from 'node:util'
import { UsageError } from '../../packages/command-flags/index.ts'
import { nearest } from './nearest.ts'
import type { OptionSpecs } from './options.ts'

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
  /** The options that were typed, in contrast to those that have their default. */
  readonly typed: ReadonlySet<string>
}

/** Sorts words into options and arguments. @throws UsageError */
export function parseWords(words: readonly string[], options: OptionSpecs): Parsed {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    })
    const typed = new Set(tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : [])))
    return { values, positionals, typed }
  } catch (error) {
    if (!(error instanceof TypeError) || !('code' in error)) throw error
    if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw unknownOption(error.message, options)
    throw wrongValue(error.message, options) ?? new UsageError(error.message.split('\n')[0] ?? error.message)
  }
}

function unknownOption(message: string, options: OptionSpecs): UsageError {
  const name = optionNameOf(message)
  const guess = nearest(name, Object.keys(options))
  return new UsageError(`Unknown option --${name}.${guess === undefined ? '' : ` Did you mean --${guess}?`}`)
}

const optionNameOf = (message: string): string =>
  /--([^' =,<]+)/u.exec(message)?.[1] ?? /'-{1,2}([^' =]+)/u.exec(message)?.[1] ?? ''

/** An option without its value, or with one that looks like an option. Undefined for any other fault. */
function wrongValue(message: string, options: OptionSpecs): UsageError | undefined {
  const name = optionNameOf(message)
  const spec = options[name]
  if (spec?.type !== 'string') return undefined
  const value = spec.placeholder ?? 'VALUE'
  return new UsageError(
    `--${name} takes a value: --${name} ${value} (${spec.description}). A value that begins with - is written --${name}=${value}.`,
  )
}
