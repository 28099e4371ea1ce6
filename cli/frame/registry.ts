import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from './command.ts'

const commandsFolder = join(import.meta.dirname, '..', 'commands')

/** The names of all commands. Each has a file of that name. */
export function commandNames(): string[] {
  return readdirSync(commandsFolder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort()
}

/** Loads one command by its name. The others are not loaded, since this would slow the command down. */
export async function loadCommand(name: string): Promise<Command> {
  const loaded: unknown = await import(`../commands/${name}.ts`)
  if (!holdsCommand(loaded)) throw new TypeError(`cli/commands/${name}.ts exports no command`)
  return loaded.command
}

const holdsCommand = (loaded: unknown): loaded is { command: Command } =>
  typeof loaded === 'object' &&
  loaded !== null &&
  'command' in loaded &&
  typeof loaded.command === 'object' &&
  loaded.command !== null &&
  'invoke' in loaded.command
