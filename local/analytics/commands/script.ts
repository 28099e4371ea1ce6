import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LocalFailure, fileFailure } from '../../failure/index.ts'
import type { CommandContext } from './command.ts'
import { runCommand } from './run-command.ts'

export interface ScriptCommand {
  /** Line of its first word, from 1. */
  readonly line: number
  readonly text: string
}

/**
 * Splits a script into commands as `.execute database script` does: each command begins with a dot at the start of a
 * line. Lines between ``` belong to the command around them.
 */
export function splitScript(script: string): ScriptCommand[] {
  const commands: { line: number; lines: string[] }[] = []
  let isFenced = false
  for (const [index, line] of script.split(/\r?\n/u).entries()) {
    const isComment = !isFenced && line.trimStart().startsWith('//')
    if (!isFenced && line.startsWith('.')) commands.push({ line: index + 1, lines: [] })
    if (!isComment) commands.at(-1)?.lines.push(line)
    const fences = line.split('```').length - 1
    if (!isComment && fences % 2 === 1) isFenced = !isFenced
  }
  return commands.map(({ line, lines }) => ({ line, text: lines.join('\n').trim() }))
}

/**
 * Runs all .kql files of a folder in the order of their names.
 * @throws LocalFailure PART_FAILED naming file and line of the first command that fails
 */
export async function runScripts(folder: string, context: CommandContext): Promise<void> {
  for (const file of scriptFiles(folder)) {
    for (const command of splitScript(readFileSync(file, 'utf8'))) {
      try {
        await runCommand(command.text, context)
      } catch (error) {
        throw new LocalFailure({
          code: 'PART_FAILED',
          what: `A KQL command failed: ${error instanceof Error ? error.message : String(error)}`,
          where: `${file}:${command.line}`,
          mend: 'Mend the command, or start with --fresh if the local data has an older shape.',
          cause: error,
        })
      }
    }
  }
}

function scriptFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.kql'))
      .toSorted()
      .map((name) => join(folder, name))
  } catch (error) {
    throw (
      fileFailure(error, folder) ??
      new LocalFailure({
        code: 'INSTALLATION_INCOMPLETE',
        what: 'The folder with the .kql files cannot be read.',
        where: folder,
        mend: 'Name the right folder with --kql DIR.',
        cause: error,
      })
    )
  }
}
