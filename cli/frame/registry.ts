import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Command } from './command.ts'

const commandsFolder = join(import.meta.dirname, '..', 'commands')

/** The names of all commands: one file each. */
export function commandNames(): string[] {
  return readdirSync(commandsFolder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort()
}

const commandModule = z.object({
  command: z.custom<Command>((value) => typeof value === 'object' && value !== null && 'invoke' in value),
})

/** Loads a command by its name; only this one, so that a command is not slowed down by the others. */
export async function loadCommand(name: string): Promise<Command> {
  const loaded: unknown = await import(`../commands/${name}.ts`)
  return commandModule.parse(loaded).command
}
