import { unsupported } from '../failure.ts'
import { readTokens } from '../kql/index.ts'
import type { QueryResult } from '../query/index.ts'
import { result } from './command.ts'
import type { Command, CommandContext } from './command.ts'
import { ingestCommand } from './ingest-command.ts'
import { alterPolicyCommand, deletePolicyCommand } from './policy-commands.ts'
import { showCommand } from './show-commands.ts'
import { createNewTableCommand, createTableCommand } from './table-commands.ts'
import { createViewCommand, putViewCommand } from './view-commands.ts'

const create: Command = async (reader, context) => {
  if (reader.accept('table')) return await createNewTableCommand(reader, context)
  return await createViewCommand(reader, context)
}

const createMerge: Command = async (reader, context) => {
  reader.expect('table')
  return await createTableCommand(reader, context)
}

const createOrAlter: Command = async (reader, context) => {
  if (reader.accept('table')) return await createTableCommand(reader, context)
  const word = reader.hyphenated()
  if (word !== 'materialized-view') {
    throw unsupported(`'.create-or-alter ${word}'`, ['table T ingestion json mapping', 'materialized-view'])
  }
  return await putViewCommand(reader, context, { mayExist: true })
}

const get: Command = (reader, context) => {
  const words = reader.source
    .replace(/^\s*\.get\s+/iu, '')
    .trim()
    .toLowerCase()
  // The browser's SDK asks `with (EnableBlobCors='true', ...)`.
  if (words.startsWith('ingestion resources')) {
    const rows = context.resources().map(({ type, uri }) => [type, uri])
    return result(['ResourceTypeName:string', 'StorageRoot:string'], rows)
  }
  if (words === 'kusto identity token') {
    return result(['AuthorizationContext:string'], [['local-identity-token']])
  }
  throw unsupported(`'.get ${words.slice(0, 50)}'`, ['.get ingestion resources', '.get kusto identity token'])
}

const commands: Readonly<Record<string, Command>> = {
  create,
  'create-merge': createMerge,
  'create-or-alter': createOrAlter,
  alter: (reader, context) => alterPolicyCommand(reader, context, { merge: false }),
  'alter-merge': (reader, context) => alterPolicyCommand(reader, context, { merge: true }),
  delete: deletePolicyCommand,
  show: showCommand,
  get,
}

/**
 * Carries out a management command.
 * @throws KustoFailure when the text is no command, is not supported, or does not fit the tables that exist
 */
export async function runCommand(text: string, context: CommandContext): Promise<QueryResult> {
  // The text after `<|` is data. The reader of command words must not see it.
  if (/^\s*\.ingest\b/iu.test(text)) return await ingestCommand(text, context)
  const reader = readTokens(text)
  reader.expect('.')
  const word = reader.hyphenated()
  const command = commands[word]
  if (command === undefined) {
    throw unsupported(
      `the command '.${word}'`,
      [...Object.keys(commands), 'ingest'].map((name) => `.${name}`),
    )
  }
  return await command(reader, context)
}
