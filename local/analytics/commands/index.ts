/**
 * Management commands (`.create`, `.alter`, `.show`, `.get`, `.ingest inline`) and scripts of them.
 *
 * Invariants: a command that is not known is refused by name; all changes go through the engine's write lock.
 */
export type { CommandContext } from './command.ts'
export { isStreamingEnabled } from './policy-commands.ts'
export { runCommand } from './run-command.ts'
export { runScripts, splitScript } from './script.ts'
