import { UsageError } from '../../packages/command-flags/index.ts'
import { PROGRAM_NAME } from './program-name.ts'

/** A word that follows the name of a command. */
export interface ArgumentSpec {
  /** In capitals, as the help shows it: FILE. */
  readonly name: string
  /** What it is and in which form, such as "the id of a stream: letters, digits and . _ : ~ -". */
  readonly description: string
  readonly isOptional?: boolean
}

/** What may follow a command's name, for its help and for the messages about wrong words. */
export interface WordsSpec {
  /** All that follows the name, such as "FILE [--map MODULE]". */
  readonly usage: string
  readonly arguments?: readonly ArgumentSpec[]
  /** Words that work as they stand, without the name. A command with arguments needs them. */
  readonly example?: string
}

/**
 * Checks the words against the arguments of a command.
 * @throws UsageError that names the missing argument, its form and an example, or the word that is too many
 */
export function assertArguments(name: string, words: readonly string[], spec: WordsSpec): void {
  const allowed = spec.arguments ?? []
  const extra = words[allowed.length]
  if (extra !== undefined)
    throw new UsageError(`Unexpected argument: ${extra}\n${usageLine(name, spec.usage)}`)
  const missing = allowed.find(({ isOptional = false }, index) => !isOptional && (words[index] ?? '') === '')
  if (missing === undefined) return
  throw missingArgument(name, spec, `${missing.name}: ${missing.description}`)
}

/** @param what the name of what is missing, a colon, and its form */
export function missingArgument(name: string, spec: WordsSpec, what: string): UsageError {
  const lines = [`An argument of ${name} is missing. ${what}`, usageLine(name, spec.usage)]
  if (spec.example !== undefined) lines.push(`Example: ${PROGRAM_NAME} ${name} ${spec.example}`)
  return new UsageError(lines.join('\n'))
}

const usageLine = (name: string, usage: string): string =>
  `Usage: ${PROGRAM_NAME} ${name}${usage === '' ? '' : ` ${usage}`}`
