/**
 * The frame of the command line: what every command shares (help, options, output, errors, exit codes).
 *
 * Invariants: exit code 0 done, 1 failed, 2 wrong usage (`status` adds 3 and 4); with --json, stdout holds one JSON
 * document and nothing else; what is meant for people who watch goes to stderr; no text that others wrote reaches a
 * terminal as more than text, since all output passes output.ts, which alone writes to the process. A command is a file in
 * `cli/commands/`, found by its name: nothing else lists it.
 * It must not know any command.
 */
export { defineCommand } from './command.ts'
export type { Command, CommandContext } from './command.ts'
export { CommandFailure } from './errors.ts'
export { UsageError } from '../../packages/command-flags/index.ts'
export { visible } from './output.ts'
export type { Screen } from './output.ts'
export { integerOption, durationSeconds } from './option-values.ts'
export { renderTable } from './table.ts'
export { runCommandLine } from './command-line.ts'
