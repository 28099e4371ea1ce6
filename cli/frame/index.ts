/**
 * The frame of the command line: what every command shares (help, options, output, errors, exit codes).
 *
 * Invariants: exit code 0 done, 1 failed, 2 wrong usage (`status` adds 3 and 4). With --json, stdout holds one JSON
 * document and nothing else (`tail` and `logs --follow`, which have no end, print one on each line). Text for people who
 * watch goes to stderr. Text from others can't control the terminal, since all output passes output.ts, and nothing else
 * writes to the process's streams. A command is a file in `cli/commands/`, which is found by its name: no list names it.
 * That file holds the command's words and loads nothing else; the work stands in a file of the same name in `cli/runs/`,
 * so that help and messages come at once.
 * It must not know any command.
 */
export { missingArgument } from './arguments.ts'
export type { ArgumentSpec } from './arguments.ts'
export { defineCommand } from './command.ts'
export type { Command, CommandContext, CommandFrame, ContextOf } from './command.ts'
export { defineGroup } from './group.ts'
export type { GroupContext } from './group.ts'
export type { OptionSpecs } from './options.ts'
export { PROGRAM_NAME } from './program-name.ts'
export { CommandFailure } from './errors.ts'
export { UsageError } from '../../packages/command-flags/index.ts'
export { visible } from './output.ts'
export type { Screen } from './output.ts'
export { integerOption, durationSeconds } from './option-values.ts'
export { renderTable } from './table.ts'
export { runCommandLine } from './command-line.ts'
