/**
 * The frame of the command line: what every command shares (help, options, output, errors, exit codes).
 *
 * Invariants: exit code 0 done, 1 failed, 2 wrong usage (`status` adds 3 and 4). With --json, stdout holds one JSON
 * document and nothing else. Text for people who watch goes to stderr. Text from others can't control the terminal,
 * since all output passes output.ts, and nothing else writes to the process's streams. A command is a file in
 * `cli/commands/`, which is found by its name: no list names it.
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
