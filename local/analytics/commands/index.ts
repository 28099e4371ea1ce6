/**
 * Management commands (`.create`, `.alter`, `.show`, `.get`, `.ingest inline`) and scripts of them.
 *
 * Invariants: an unknown command is refused, and the message names it; all changes go through the engine's write lock.
 */
export type { CommandContext } from './command.ts'
export { isStreamingEnabled } from './policy-commands.ts'
export { runCommand } from './run-command.ts'
export { runScripts, splitScript } from './script.ts'
