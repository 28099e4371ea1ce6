import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Command } from './command.ts'

const commandsFolder = join(import.meta.dirname, '..', 'commands')

/** The names of all commands. Each has a file of that name. */
export function commandNames(): string[] {
  return readdirSync(commandsFolder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort()
}

const commandModule = z.object({
  command: z.custom<Command>((value) => typeof value === 'object' && value !== null && 'invoke' in value),
})

/** Loads one command by its name. The others are not loaded, since this would slow the command down. */
export async function loadCommand(name: string): Promise<Command> {
  const loaded: unknown = await import(`../commands/${name}.ts`)
  return commandModule.parse(loaded).command
}
